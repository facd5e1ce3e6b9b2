using GitLabPortal.Accounts;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Teams;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Tests.Harness;

/// <summary>A database, a clock, and the use cases of people and teams wired to them.</summary>
public sealed class PeopleDb : IAsyncDisposable
{
    public const string Password = "correct horse battery";

    private PeopleDb(TestDb db) => Db = db;

    public TestDb Db { get; }

    public ManualClock Clock { get; } = new();

    public MembershipFeed Memberships { get; } = new();

    public SessionFeed Sessions { get; } = new();

    // Few rounds: these tests are about what is compared, not about how slow that is.
    public IPasswordHasher<Account> Hasher { get; } =
        new PasswordHasher<Account>(Options.Create(new PasswordHasherOptions { IterationCount = 10 }));

    public AccountRegistrar Registrar => new(Hasher, Clock);

    public UnknownAddresses UnknownAddresses => field ??= new UnknownAddresses(Clock);

    public PasswordCheck PasswordCheck => new(Db, Clock, Hasher, UnknownAddresses);

    public TeamAuthorizer Authorizer => new(Db);

    public TeamQueries Teams => new(Db, Clock);

    public static async Task<PeopleDb> CreateAsync() => new(await TestDb.CreateAsync());

    /// <summary>An account with <see cref="Password"/>.</summary>
    public async Task<Account> RegisterAsync(string email, string name = "Ada")
    {
        var account = Registrar.Prepare(new AccountRegistration(name, email, Password)).Value!;
        await Db.SaveAsync(account);
        return account;
    }

    public async Task<TeamAccess> JoinAsync(TeamAccess team, TeamRole role, string name = "Grace")
    {
        var account = await Db.AddAccountAsync(name);
        await Db.SaveAsync(new TeamMember { TeamId = team.TeamId, AccountId = account.Id, Role = role, JoinedAt = Clock.GetUtcNow() });
        return new TeamAccess(team.TeamId, team.Slug, team.TeamName, account.Id, name, role);
    }

    public async Task<TeamRole?> RoleAsync(TeamAccess person)
    {
        await using var db = Db.CreateDbContext();
        return await db.Set<TeamMember>()
            .Where(m => m.TeamId == person.TeamId && m.AccountId == person.AccountId)
            .Select(m => (TeamRole?)m.Role)
            .SingleOrDefaultAsync();
    }

    public async Task<List<string>> AuditAsync()
    {
        await using var db = Db.CreateDbContext();
        return await db.Set<AuditEvent>().OrderBy(e => e.Id).Select(e => e.Action).ToListAsync();
    }

    public async Task<Account> FindAsync(Guid accountId)
    {
        await using var db = Db.CreateDbContext();
        return await db.Set<Account>().SingleAsync(a => a.Id == accountId);
    }

    public async Task<Account?> FindByEmailAsync(string email)
    {
        var normalized = AccountRules.NormalizeEmail(email);
        await using var db = Db.CreateDbContext();
        return await db.Set<Account>().SingleOrDefaultAsync(a => a.NormalizedEmail == normalized);
    }

    public ValueTask DisposeAsync() => Db.DisposeAsync();
}

internal static class ResultExpectations
{
    public static string? Code(this Result result) => result.Problem?.Code;

    public static string? Code<T>(this Result<T> result) => result.Problem?.Code;
}
