using System.Security.Claims;
using GitLabPortal.Accounts;
using GitLabPortal.Kernel;
using GitLabPortal.Tests.Harness;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Accounts;

public sealed class ChangingAnAccountTests : IAsyncLifetime
{
    private const string Next = "another long password";

    private readonly List<SessionsEnded> ended = [];
    private PeopleDb people = null!;
    private Account ada = null!;

    public async ValueTask InitializeAsync()
    {
        people = await PeopleDb.CreateAsync();
        ada = await people.RegisterAsync("ada@example.com");
        people.Sessions.Subscribe(ended.Add);
    }

    public ValueTask DisposeAsync() => people.DisposeAsync();

    [Fact]
    public async Task A_new_password_replaces_the_old_one_and_ends_all_sessions()
    {
        var before = await SignInAsync();
        (await Validation.RefreshAsync(before, CancellationToken.None)).ShouldNotBeNull();

        var changed = await ChangeAsync(PeopleDb.Password, Next);

        changed.IsSuccess.ShouldBeTrue();
        (await people.PasswordCheck.ByEmailAsync("ada@example.com", PeopleDb.Password, CancellationToken.None)).IsSuccess.ShouldBeFalse();
        (await people.PasswordCheck.ByEmailAsync("ada@example.com", Next, CancellationToken.None)).IsSuccess.ShouldBeTrue();
        (await Validation.RefreshAsync(before, CancellationToken.None)).ShouldBeNull();
        (await Validation.RefreshAsync(PrincipalOf(changed.Value!, await StartAsync()), CancellationToken.None)).ShouldNotBeNull();
        ended.ShouldBe([new SessionsEnded(ada.Id, null)]);
        (await people.AuditAsync()).ShouldBe(["account.password-changed"]);
    }

    [Theory]
    [InlineData("wrong", Next, "password-wrong", "CurrentPassword")]
    [InlineData(PeopleDb.Password, "short", "password-unsuitable", "NewPassword")]
    [InlineData(PeopleDb.Password, null, "password-unsuitable", "NewPassword")]
    [InlineData(PeopleDb.Password, PeopleDb.Password, "password-same", "NewPassword")]
    public async Task Refuses_and_says_which_field_is_at_fault(string current, string? next, string code, string field)
    {
        var refused = (await ChangeAsync(current, next)).Problem.ShouldBeOfType<Problem.Invalid>();

        refused.Code.ShouldBe(code);
        refused.Field.ShouldBe(field);
        (await people.FindAsync(ada.Id)).SecurityStamp.ShouldBe(ada.SecurityStamp);
        ended.ShouldBeEmpty();
    }

    [Fact]
    public async Task Guessing_the_current_password_locks_the_account()
    {
        for (var i = 0; i < 5; i++) await ChangeAsync("wrong", Next);

        (await ChangeAsync(PeopleDb.Password, Next)).Code().ShouldBe("account-locked");
    }

    [Fact]
    public async Task Of_two_changes_at_once_one_wins()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 2).Select(i => Task.Run(() => ChangeAsync(PeopleDb.Password, Next + i))));

        results.Count(r => r.IsSuccess).ShouldBe(1);
        results.Single(r => !r.IsSuccess).Code().ShouldBeOneOf("password-changed-meanwhile", "password-wrong");
    }

    [Fact]
    public async Task Signing_out_everywhere_ends_all_sessions()
    {
        var before = await SignInAsync();

        (await EndAllAsync(kept: null)).IsSuccess.ShouldBeTrue();

        (await Validation.RefreshAsync(before, CancellationToken.None)).ShouldBeNull();
        ended.ShouldBe([new SessionsEnded(ada.Id, null)]);
    }

    [Fact]
    public async Task A_new_name_shows_in_sessions_that_go_on()
    {
        var rename = new RenameAccount(people.Db, people.Clock);

        (await rename.RunAsync(ada.Id, " Countess Ada 👑 ", CancellationToken.None)).IsSuccess.ShouldBeTrue();

        var person = await Validation.RefreshAsync(await SignInAsync(), CancellationToken.None);
        person.ShouldNotBeNull().GetDisplayName().ShouldBe("Countess Ada 👑");
        (await rename.RunAsync(ada.Id, "\0", CancellationToken.None)).Code().ShouldBe("name-unsuitable");
        (await people.AuditAsync()).ShouldBe(["account.renamed"]);
    }

    [Fact]
    public async Task A_session_says_who_it_is_and_keeps_nothing_that_the_cookie_merely_claims()
    {
        var session = await StartAsync();
        var cookie = PrincipalOf(ada, session, new Claim(AccountClaims.PortalAdministrator, "true"));

        var person = (await Validation.RefreshAsync(cookie, CancellationToken.None)).ShouldNotBeNull();

        person.GetAccountId().ShouldBe(ada.Id);
        person.Identity!.Name.ShouldBe("ada@example.com");
        person.GetSessionId().ShouldBe(session);
        person.HasClaim(AccountClaims.PortalAdministrator, "true").ShouldBeFalse();
    }

    [Fact]
    public async Task Nobody_is_nobody() =>
        (await Validation.RefreshAsync(new ClaimsPrincipal(new ClaimsIdentity()), CancellationToken.None)).ShouldBeNull();

    [Fact]
    public async Task Ending_the_others_leaves_this_one()
    {
        var (here, there) = (await SignInAsync(), await SignInAsync());

        (await EndAllAsync(kept: here.GetSessionId())).IsSuccess.ShouldBeTrue();

        (await Validation.RefreshAsync(here, CancellationToken.None)).ShouldNotBeNull();
        (await Validation.RefreshAsync(there, CancellationToken.None)).ShouldBeNull();
        ended.ShouldBe([new SessionsEnded(ada.Id, there.GetSessionId())]);
        (await people.AuditAsync()).ShouldBe(["account.other-sessions-ended"]);
    }

    [Fact]
    public async Task Nobody_ends_or_uses_the_session_of_another()
    {
        var eve = await people.RegisterAsync("eve@example.com", "Eve");
        var mine = await SignInAsync();

        await new EndSession(people.Db, people.Sessions).RunAsync(eve.Id, mine.GetSessionId()!.Value, CancellationToken.None);

        (await Validation.RefreshAsync(mine, CancellationToken.None)).ShouldNotBeNull();
        (await Validation.RefreshAsync(PrincipalOf(eve, mine.GetSessionId()!.Value), CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task A_session_lasts_two_weeks_from_the_last_visit_and_is_then_forgotten()
    {
        var person = await SignInAsync();
        people.Clock.Advance(TimeSpan.FromDays(13));
        (await Validation.RefreshAsync(person, CancellationToken.None)).ShouldNotBeNull();
        people.Clock.Advance(TimeSpan.FromDays(13));
        (await Validation.RefreshAsync(person, CancellationToken.None)).ShouldNotBeNull();
        (await SessionsAsync()).ShouldHaveSingleItem().SeenAt.ShouldBe(people.Clock.GetUtcNow());

        people.Clock.Advance(TimeSpan.FromDays(15));

        (await Validation.RefreshAsync(person, CancellationToken.None)).ShouldBeNull();
        (await SessionsAsync()).ShouldBeEmpty();
        await StartAsync();
        await using var db = people.Db.CreateDbContext();
        (await db.Set<AccountSession>().CountAsync()).ShouldBe(1);
    }

    private SessionValidation Validation => new(people.Db, Options.Create(new IdentityOptions()), people.Clock);

    private Task<List<SessionSummary>> SessionsAsync() => new AccountQueries(people.Db, people.Clock).SessionsOfAsync(ada.Id, CancellationToken.None);

    private Task<Guid> StartAsync() => new StartSession(people.Db, people.Clock).RunAsync(ada.Id, null, CancellationToken.None);

    private async Task<ClaimsPrincipal> SignInAsync() => PrincipalOf(ada, await StartAsync());

    private Task<Result> EndAllAsync(Guid? kept) => new EndSessions(people.Db, people.Clock, people.Sessions).RunAsync(ada.Id, kept, CancellationToken.None);

    private static ClaimsPrincipal PrincipalOf(Account account, Guid session, params Claim[] more) => new(new ClaimsIdentity(
        [
            new(ClaimTypes.NameIdentifier, account.Id.ToString()), new("AspNet.Identity.SecurityStamp", account.SecurityStamp!),
            new("gitlabportal:session", session.ToString()), .. more,
        ],
        "test"));

    private Task<Result<Account>> ChangeAsync(string? current, string? next) =>
        new ChangePassword(people.Db, people.Clock, people.PasswordCheck, people.Hasher, people.Sessions)
            .RunAsync(ada.Id, current, next, CancellationToken.None);
}
