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

    private static readonly Problem NotOffered = new Problem.Conflict("server-unknown", "People cannot sign in with this server here. Ask a portal administrator to set it up.");

    private IReadOnlyList<IdentityRow> identities = [];
    private FieldErrors linkErrors = FieldErrors.None;
    private FieldErrors integrationErrors = FieldErrors.None;
    private Problem? problem;
    private RecognisedServer? wanted;
    private string? wantedIntegration;
    private Uri? leaving;

    public sealed class LinkForm
    {
        public string? Address { get; set; }

        public string? Password { get; set; }
    }

    public sealed class IntegrationForm
    {
        /// <summary>The address on the button that was pressed.</summary>
        public string? Server { get; set; }

        public string? Password { get; set; }
    }

    [Parameter, EditorRequired] public Guid AccountId { get; set; }

    [Parameter] public bool HasPassword { get; set; }

    [Parameter] public bool IsAdministrator { get; set; }

    [Parameter] public string? Saved { get; set; }

    /// <summary>The server whose account is wanted: its address stands in the form already, or the password for its button is asked for.</summary>
    [SupplyParameterFromQuery(Name = "link")] private string? WantedServer { get; set; }

    [SupplyParameterFromForm(FormName = "link")] private LinkForm? LinkInput { get; set; }

    [SupplyParameterFromForm(FormName = "integration")] private IntegrationForm? IntegrationInput { get; set; }

    [CascadingParameter] private HttpContext Context { get; set; } = null!;

    private bool IsGitLabComOffered => secrets.ForIntegration(IntegrationOptions.GitLabCom) is not null;

    /// <summary>What can be connected now, and what has to be connected again. The first one's button is the one that Enter presses.</summary>
    private IEnumerable<string> Connectable => secrets.OfferedIntegrations()
        .Where(url => !identities.Any(i => i.BaseUrl == url && (i.SignsIn || i.State is IdentityState.Active)))
        .OrderByDescending(url => url == wantedIntegration);

    /// <summary>Servers that the person signs in with, whose repositories the portal may not read yet.</summary>
    private IEnumerable<string> Readable => identities
        .Where(i => i is { SignsIn: true, State: IdentityState.Active, ReadsRepositories: false }).Select(i => i.BaseUrl).Distinct(StringComparer.Ordinal);

    /// <summary>Nothing is wrong: the focus is where the wanted account is linked or connected.</summary>
    private bool HasNoErrors => linkErrors == FieldErrors.None && integrationErrors == FieldErrors.None;

    private string CallbackHint => PortalAddress.Of(portal.Value, Context.Request) + SetOut.CallbackPath;

    protected override async Task OnInitializedAsync()
    {
        identities = await queries.OfAsync(AccountId, Context.RequestAborted);
        if (Guid.TryParse(WantedServer, out var id)) await FindWantedAsync(id);
        LinkInput ??= new LinkForm { Address = wanted?.BaseUrl };
        IntegrationInput ??= new IntegrationForm();
    }

    private async Task FindWantedAsync(Guid serverId)
    {
        wanted = await servers.FindAsync(serverId, Context.RequestAborted);
        if (wanted is not null) return;

        await using var db = await contexts.CreateDbContextAsync(Context.RequestAborted);
        var address = await db.Set<Server>().Where(s => s.Id == serverId).Select(s => s.BaseUrl).SingleOrDefaultAsync(Context.RequestAborted);
        wantedIntegration = Connectable.FirstOrDefault(url => url == address);
        var isMissing = address is not null && wantedIntegration is null && !identities.Any(i => i.BaseUrl == address && i.State is IdentityState.Active);
        if (isMissing && HttpMethods.IsGet(Context.Request.Method)) linkErrors = FieldErrors.Of(NotOffered);
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
            ? new Problem.Invalid(NotOffered.Code, NotOffered.Message, "Address")
            : await setOut.RunAsync(Context, server.ServerId, Wish(), Context.RequestAborted);
        leaving = away.Value;
        if (!away.IsSuccess) linkErrors = FieldErrors.Of(away.Problem);
    }

    private async Task IntegrateAsync()
    {
        if (await ProveAsync(IntegrationInput!.Password) is { } refused)
        {
            integrationErrors = FieldErrors.Of(refused);
            return;
        }

        var away = await SetOutForAsync(IntegrationInput.Server ?? "");
        leaving = away.Value;
        if (!away.IsSuccess) integrationErrors = FieldErrors.Of(away.Problem);
    }

    private async Task<Result<Uri>> SetOutForAsync(string baseUrl)
    {
        if (Connectable.Contains(baseUrl, StringComparer.Ordinal)) return setOut.RunForIntegration(Context, await ServerAsync(baseUrl), Wish());
        // Of a server that the person signs in with already: the same account, with the repositories.
        return Readable.Contains(baseUrl, StringComparer.Ordinal) && await servers.FindAsync(baseUrl, Context.RequestAborted) is { } server
            ? await setOut.RunAsync(Context, server.ServerId, Wish() with { WithRepositories = true }, Context.RequestAborted)
            : new Problem.Invalid("integration-unknown", "This is not offered (any more). Reload the page.");
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

    private async Task<Server> ServerAsync(string baseUrl)
    {
        await using var db = await contexts.CreateDbContextAsync(Context.RequestAborted);
        if (await db.Set<Server>().SingleOrDefaultAsync(s => s.BaseUrl == baseUrl, Context.RequestAborted) is { } known) return known;
        var server = new Server { BaseUrl = baseUrl, CreatedAt = clock.GetUtcNow() };
        db.Add(server);
        try
        {
            await db.SaveChangesAsync(Context.RequestAborted);
            return server;
        }
        catch (DbUpdateException e) when (e.IsUniqueViolation())
        {
            return await db.Set<Server>().AsNoTracking().SingleAsync(s => s.BaseUrl == baseUrl, Context.RequestAborted);
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
