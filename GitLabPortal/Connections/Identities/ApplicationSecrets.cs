using GitLabPortal.Data;
using GitLabPortal.GitLab;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Connections;

/// <summary>What it takes to speak as an application: kept for one call.</summary>
/// <param name="Path">How its calls travel.</param>
public sealed record ApplicationSecret(OAuthApplication Application, string RedirectUri, NetworkPath Path);

/// <summary>Opens the secrets of OAuth applications: those of servers from the database, gitlab.com's from the settings.</summary>
public sealed class ApplicationSecrets(IDbContextFactory<PortalDb> contexts, SecretProtector secrets, IOptions<IntegrationOptions> integrations, IOptions<PortalOptions> portal, TimeProvider time)
{
    public static readonly Problem Lost = new Problem.Conflict(
        "application-secret-lost", "The key that protected this server's application is no longer in the portal's key ring. A portal administrator must repair the sign-in on the page Servers.");

    public static readonly Problem NotSetUp = new Problem.NotFound("sign-in-not-set-up", "Sign-in with this server is not set up (any more). Ask a portal administrator.");

    /// <param name="application">With its server.</param>
    public Result<ApplicationSecret> Open(ServerApplication application) =>
        secrets.Reveal(application.ProtectedSecret, ServerApplication.Row(application.Id)) is { } secret
            ? new ApplicationSecret(new(application.ClientId, secret.Reveal()), application.RedirectUri, application.Server!.SignInPath(application.AllowsPlainHttp, time))
            : Lost;

    /// <summary>The application that gave an identity its tokens.</summary>
    public async Task<Result<ApplicationSecret>> ForIdentityAsync(GitLabIdentity identity, CancellationToken cancellationToken)
    {
        if (identity.ApplicationId is not { } id)
            return identity.SignsIn || ForGitLabCom() is not { } operators ? NotSetUp : operators;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<ServerApplication>().AsNoTracking().Include(a => a.Server).SingleOrDefaultAsync(a => a.Id == id, cancellationToken) is { } application
            ? Open(application)
            : NotSetUp;
    }

    /// <summary>Null when the operator has not registered one.</summary>
    public ApplicationSecret? ForGitLabCom() => integrations.Value.IsOffered && portal.Value.PublicUrl.Length > 0
        ? new(new(integrations.Value.GitLabComApplicationId, integrations.Value.GitLabComSecret), $"{portal.Value.PublicUrl.TrimEnd('/')}{IntegrationOptions.CallbackPath}", NetworkPath.Encrypted)
        : null;
}

/// <summary>Section <c>Integrations</c>: what people may connect for themselves.</summary>
public sealed class IntegrationOptions
{
    public const string Section = "Integrations";

    public const string GitLabCom = "https://gitlab.com";

    /// <summary>The path to register on GitLab, behind the portal's address.</summary>
    public const string CallbackPath = "/sign-in/gitlab";

    /// <summary>Of the application that the operator registered on gitlab.com with the scopes read_user and read_api.</summary>
    public string GitLabComApplicationId { get; init; } = "";

    public string GitLabComSecret { get; init; } = "";

    public bool IsOffered => GitLabComApplicationId.Length > 0 && GitLabComSecret.Length > 0;

    /// <summary>The problems with these settings, each beginning with its key.</summary>
    public IEnumerable<string> Problems()
    {
        if (GitLabComApplicationId.Length == 0 != (GitLabComSecret.Length == 0))
            yield return "Integrations:GitLabComApplicationId and Integrations:GitLabComSecret belong together. Give both or none.";
    }
}
