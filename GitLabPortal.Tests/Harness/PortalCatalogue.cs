using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Tests.Benchmarks;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace GitLabPortal.Tests.Harness;

/// <summary>A large catalogue in a portal that runs, without a GitLab.</summary>
internal static class PortalCatalogue
{
    public static async Task FillAsync(this PortalApp portal, int count, CancellationToken cancellationToken = default)
    {
        var team = await portal.AccessAsync();
        await using var db = await portal.Services.GetRequiredService<IDbContextFactory<PortalDb>>().CreateDbContextAsync(cancellationToken);
        var server = new Server { BaseUrl = "https://git.example.com", CreatedAt = TimeProvider.System.GetUtcNow() };
        db.Add(server);
        var connection = new Connection
        {
            TeamId = team.TeamId,
            ServerId = server.Id,
            Name = "Main",
            ProtectedToken = "",
            TokenKeyId = Guid.Empty,
            TokenKind = TokenKind.Personal,
            TokenScopes = "api",
            IsReadOnly = false,
            AllowsPlainHttp = false,
            Coverage = ConnectionCoverage.Everything,
            CreatedById = team.AccountId,
            CreatedAt = TimeProvider.System.GetUtcNow(),
        };
        db.Add(connection);
        await db.SaveChangesAsync(cancellationToken);
        await LargeCatalogue.FillAsync(db, connection, small: null, count, cancellationToken);
    }
}
