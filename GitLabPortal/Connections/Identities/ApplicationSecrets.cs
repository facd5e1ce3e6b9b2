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

/// <summary>Opens the secrets of OAuth applications: those of servers from the database, those of integrations from the settings.</summary>
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

    /// <summary>The application that gave an identity its tokens. The identity's server is loaded.</summary>
    public async Task<Result<ApplicationSecret>> ForIdentityAsync(GitLabIdentity identity, CancellationToken cancellationToken)
    {
        if (identity.ApplicationId is not { } id)
            return identity.SignsIn || ForIntegration(identity.Server!.BaseUrl) is not { } operators ? NotSetUp : operators;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<ServerApplication>().AsNoTracking().Include(a => a.Server).SingleOrDefaultAsync(a => a.Id == id, cancellationToken) is { } application
            ? Open(application)
            : NotSetUp;
    }

    /// <summary>The servers on which people may connect their accounts for themselves, gitlab.com first.</summary>
    public IReadOnlyList<string> OfferedIntegrations() => portal.Value.PublicUrl.Length > 0 ? [.. integrations.Value.Offered().Select(i => i.BaseUrl)] : [];

    /// <summary>Null when the operator has not registered an application there.</summary>
    public ApplicationSecret? ForIntegration(string baseUrl) =>
        portal.Value.PublicUrl.Length > 0 && integrations.Value.Offered().FirstOrDefault(i => i.BaseUrl == baseUrl) is { } integration
            ? new(new(integration.ApplicationId, integration.Secret), $"{portal.Value.PublicUrl.TrimEnd('/')}{IntegrationOptions.CallbackPath}", NetworkPath.For(integration.IsPlainHttp))
            : null;
}
