using GitLabPortal.Accounts;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.SignIn;
using GitLabPortal.UI;
using Microsoft.AspNetCore.Components;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Profile;

public sealed partial class GitLabAccounts(
    IdentityQueries queries, UnlinkIdentity unlink, RecognisedServers servers, SetOut setOut, PasswordCheck passwords, FailedTries failures, ApplicationSecrets secrets,
    IDbContextFactory<PortalDb> contexts, IOptions<PortalOptions> portal, TimeProvider clock, NavigationManager location)
{
    /// <summary>Who has no password shows who it is by having signed in just now.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(10);

    private static readonly Problem NotFresh = new Problem.Forbidden(
        "sign-in-not-fresh", "To link an account, sign in anew: sign out, sign in with GitLab, and come back here within ten minutes.");

    private IReadOnlyList<IdentityRow> identities = [];
    private FieldErrors linkErrors = FieldErrors.None;
    private FieldErrors comErrors = FieldErrors.None;
    private Problem? problem;
    private Uri? leaving;

    public sealed class LinkForm
    {
        public string? Address { get; set; }

        public string? Password { get; set; }
    }

    public sealed class PasswordForm
    {
        public string? Password { get; set; }
    }

    [Parameter, EditorRequired] public Guid AccountId { get; set; }

    [Parameter] public bool HasPassword { get; set; }

    [Parameter] public bool IsAdministrator { get; set; }

    [Parameter] public string? Saved { get; set; }

    [SupplyParameterFromForm(FormName = "link")] private LinkForm? LinkInput { get; set; }

    [SupplyParameterFromForm(FormName = "gitlab-com")] private PasswordForm? GitLabComInput { get; set; }

    [CascadingParameter] private HttpContext Context { get; set; } = null!;

    private bool IsGitLabComOffered => secrets.ForGitLabCom() is not null;

    private string CallbackHint => PortalAddress.Of(portal.Value, Context.Request) + SetOut.CallbackPath;

    protected override async Task OnInitializedAsync()
    {
        LinkInput ??= new LinkForm();
        GitLabComInput ??= new PasswordForm();
        identities = await queries.OfAsync(AccountId, Context.RequestAborted);
    }

    private async Task LinkAsync()
    {
        var parsed = InstanceUrl.Parse(LinkInput!.Address);
        if (!parsed.IsSuccess)
        {
            linkErrors = FieldErrors.Of(parsed.Problem);
            return;
        }

        LinkInput.Address = parsed.Value.BaseUrl;
        if (await ProveAsync(LinkInput.Password) is { } refused)
        {
            linkErrors = FieldErrors.Of(refused);
            return;
        }

        var server = await servers.FindAsync(LinkInput.Address, Context.RequestAborted);
        var away = server is null
            ? new Problem.Invalid("server-unknown", "People cannot sign in with this server here. Ask a portal administrator to set it up.", "Address")
            : await setOut.RunAsync(Context, server.ServerId, Wish(), Context.RequestAborted);
        leaving = away.Value;
        if (!away.IsSuccess) linkErrors = FieldErrors.Of(away.Problem);
    }

    private async Task ConnectGitLabComAsync()
    {
        if (await ProveAsync(GitLabComInput!.Password) is { } refused)
        {
            comErrors = FieldErrors.Of(refused);
            return;
        }

        var away = setOut.RunForGitLabCom(Context, await GitLabComAsync(), Wish());
        leaving = away.Value;
        if (!away.IsSuccess) comErrors = FieldErrors.Of(away.Problem);
    }

    private async Task UnlinkAsync(Guid identityId)
    {
        var unlinked = await unlink.RunAsync(AccountId, identityId, Context.RequestAborted);
        problem = unlinked.Problem;
        if (unlinked.IsSuccess) location.NavigateTo(unlinked.Value ? "profile?saved=unlinked" : "profile?saved=unlinked-here");
    }

    private TripWish Wish() => new("/profile", AccountId: AccountId, SessionId: Context.User.GetSessionId());

    /// <summary>A session that lies open on a desk is not enough to open a second door to the account.</summary>
    private async Task<Problem?> ProveAsync(string? password)
    {
        if (!HasPassword) return await IsFreshAsync() ? null : NotFresh;
        if (failures.AreTooMany(Context)) return FailedTries.TooMany;
        var account = await passwords.ByIdAsync(AccountId, password, Context.RequestAborted);
        if (account.IsSuccess) return null;
        failures.Count(Context);
        return account.Problem is Problem.Invalid ? new Problem.Invalid(account.Problem.Code, account.Problem.Message, "Password") : account.Problem;
    }

    private async Task<bool> IsFreshAsync()
    {
        var (id, since) = (Context.User.GetSessionId(), clock.GetUtcNow() - Fresh);
        await using var db = await contexts.CreateDbContextAsync(Context.RequestAborted);
        return await db.Set<AccountSession>().AnyAsync(s => s.Id == id && s.AccountId == AccountId && s.StartedAt > since, Context.RequestAborted);
    }

    private async Task<Server> GitLabComAsync()
    {
        await using var db = await contexts.CreateDbContextAsync(Context.RequestAborted);
        if (await db.Set<Server>().SingleOrDefaultAsync(s => s.BaseUrl == IntegrationOptions.GitLabCom, Context.RequestAborted) is { } known) return known;
        var server = new Server { BaseUrl = IntegrationOptions.GitLabCom, CreatedAt = clock.GetUtcNow() };
        db.Add(server);
        try
        {
            await db.SaveChangesAsync(Context.RequestAborted);
            return server;
        }
        catch (DbUpdateException e) when (e.IsUniqueViolation())
        {
            return await db.Set<Server>().AsNoTracking().SingleAsync(s => s.BaseUrl == IntegrationOptions.GitLabCom, Context.RequestAborted);
        }
    }

    private RenderFragment Row(IdentityRow identity) => builder =>
    {
        builder.OpenComponent<IdentityItem>(0);
        builder.AddComponentParameter(1, nameof(IdentityItem.Identity), identity);
        builder.AddComponentParameter(2, nameof(IdentityItem.Unlink), EventCallback.Factory.Create(this, () => UnlinkAsync(identity.Id)));
        builder.CloseComponent();
    };

    private static RenderFragment Plain(IdentityRow identity) => builder =>
    {
        builder.OpenComponent<IdentityItem>(0);
        builder.AddComponentParameter(1, nameof(IdentityItem.Identity), identity);
        builder.CloseComponent();
    };
}
