using GitLabPortal.Accounts;
using GitLabPortal.Data;
using GitLabPortal.Teams;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Tests.Harness;

/// <summary>A real SQLite database with the product's schema, in a file of its own that goes away at the end.</summary>
public sealed class TestDb : IDbContextFactory<PortalDb>, IAsyncDisposable
{
    private readonly DbContextOptions<PortalDb> options;
    private readonly string directory = System.IO.Directory.CreateTempSubdirectory("gitlabportal-test-").FullName;

    private TestDb()
    {
        var builder = new DbContextOptionsBuilder<PortalDb>();
        DataFeature.Configure(builder, File);
        options = builder.Options;
    }

    public string File => Path.Combine(directory, "portal.db");

    public static async Task<TestDb> CreateAsync()
    {
        var database = new TestDb();
        await using var db = database.CreateDbContext();
        await db.Database.MigrateAsync();
        await db.Database.ExecuteSqlRawAsync("PRAGMA journal_mode=WAL");
        return database;
    }

    public PortalDb CreateDbContext() => new(options);

    public async Task SaveAsync(params object[] rows)
    {
        await using var db = CreateDbContext();
        db.AddRange(rows);
        await db.SaveChangesAsync();
    }

    public async Task<Account> AddAccountAsync(string name, string? email = null, bool isPortalAdministrator = false)
    {
        email ??= $"{Guid.NewGuid():N}@example.com";
        var account = new Account
        {
            Id = Guid.CreateVersion7(),
            Name = name,
            Email = email,
            NormalizedEmail = email.ToUpperInvariant(),
            UserName = email,
            NormalizedUserName = email.ToUpperInvariant(),
            SecurityStamp = Guid.NewGuid().ToString(),
            IsPortalAdministrator = isPortalAdministrator,
            CreatedAt = TimeProvider.System.GetUtcNow(),
        };
        await SaveAsync(account);
        return account;
    }

    /// <summary>A team with the given owner, and the owner's access to it.</summary>
    public async Task<TeamAccess> AddTeamAsync(string slug, Account owner)
    {
        var team = new Team { Name = $"Team {slug}", Slug = slug, CreatedAt = TimeProvider.System.GetUtcNow() };
        await SaveAsync(team);
        return await AddMemberAsync(team, owner, TeamRole.Owner);
    }

    public async Task<TeamAccess> AddMemberAsync(Team team, Account account, TeamRole role)
    {
        await SaveAsync(new TeamMember { TeamId = team.Id, AccountId = account.Id, Role = role, JoinedAt = TimeProvider.System.GetUtcNow() });
        return new TeamAccess(team.Id, team.Slug, team.Name, account.Id, account.Name, role);
    }

    public ValueTask DisposeAsync()
    {
        DataFeature.ClearPool(File);
        System.IO.Directory.Delete(directory, recursive: true);
        return ValueTask.CompletedTask;
    }
}
