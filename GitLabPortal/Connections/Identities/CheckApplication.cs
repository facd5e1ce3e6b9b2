using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Connections;

/// <summary>Asks GitLab whether it still knows an application, without any token: its error page would tell nobody but the visitor.</summary>
public sealed class CheckApplication(IDbContextFactory<PortalDb> contexts, ApplicationSecrets secrets, GitLabClients clients, TimeProvider time)
{
    public async Task<Result<ApplicationState>> RunAsync(Guid applicationId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var application = await db.Set<ServerApplication>().Include(a => a.Server).SingleOrDefaultAsync(a => a.Id == applicationId, cancellationToken);
        if (application is null) return ApplicationSecrets.NotSetUp;
        var secret = secrets.Open(application);
        if (!secret.IsSuccess) return secret.Problem;

        try
        {
            var isKnown = await clients.OAuth(application.Server!.BaseUrl, secret.Value.Path)
                .KnowsAsync(secret.Value.Application, application.RedirectUri, cancellationToken);
            // One whose secret GitLab accepts again after all is repaired by itself.
            application.State = isKnown ? (application.State is ApplicationState.Old ? ApplicationState.Old : ApplicationState.Current) : ApplicationState.Missing;
            application.CheckedAt = time.GetUtcNow();
            await db.SaveChangesAsync(cancellationToken);
            return application.State;
        }
        catch (Exception e) when (GitLabFailures.ToProblem(e) is { } problem)
        {
            return problem;
        }
    }
}
