using System.Security.Claims;
using GitLabPortal.Accounts;
using GitLabPortal.Kernel;
using GitLabPortal.Tests.Harness;
using Microsoft.AspNetCore.Identity;
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
        var before = PrincipalOf(ada);
        (await Validation.RefreshAsync(before, CancellationToken.None)).ShouldNotBeNull();

        var changed = await ChangeAsync(PeopleDb.Password, Next);

        changed.IsSuccess.ShouldBeTrue();
        (await people.PasswordCheck.ByEmailAsync("ada@example.com", PeopleDb.Password, CancellationToken.None)).IsSuccess.ShouldBeFalse();
        (await people.PasswordCheck.ByEmailAsync("ada@example.com", Next, CancellationToken.None)).IsSuccess.ShouldBeTrue();
        (await Validation.RefreshAsync(before, CancellationToken.None)).ShouldBeNull();
        (await Validation.RefreshAsync(PrincipalOf(changed.Value!), CancellationToken.None)).ShouldNotBeNull();
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
        var before = PrincipalOf(ada);

        (await new EndSessions(people.Db, people.Clock, people.Sessions).RunAsync(ada.Id, CancellationToken.None)).IsSuccess.ShouldBeTrue();

        (await Validation.RefreshAsync(before, CancellationToken.None)).ShouldBeNull();
        ended.ShouldBe([new SessionsEnded(ada.Id, null)]);
    }

    [Fact]
    public async Task A_new_name_shows_in_sessions_that_go_on()
    {
        var rename = new RenameAccount(people.Db, people.Clock);

        (await rename.RunAsync(ada.Id, " Countess Ada 👑 ", CancellationToken.None)).IsSuccess.ShouldBeTrue();

        var person = await Validation.RefreshAsync(PrincipalOf(ada), CancellationToken.None);
        person.ShouldNotBeNull().GetDisplayName().ShouldBe("Countess Ada 👑");
        (await rename.RunAsync(ada.Id, "\0", CancellationToken.None)).Code().ShouldBe("name-unsuitable");
        (await people.AuditAsync()).ShouldBe(["account.renamed"]);
    }

    [Fact]
    public async Task A_session_says_who_it_is_and_keeps_nothing_that_the_cookie_merely_claims()
    {
        var cookie = PrincipalOf(ada, new Claim(AccountClaims.PortalAdministrator, "true"), new Claim("gitlabportal:session", "s1"));

        var person = (await Validation.RefreshAsync(cookie, CancellationToken.None)).ShouldNotBeNull();

        person.GetAccountId().ShouldBe(ada.Id);
        person.Identity!.Name.ShouldBe("ada@example.com");
        person.GetSessionId().ShouldBe("s1");
        person.HasClaim(AccountClaims.PortalAdministrator, "true").ShouldBeFalse();
    }

    [Fact]
    public async Task Nobody_is_nobody() =>
        (await Validation.RefreshAsync(new ClaimsPrincipal(new ClaimsIdentity()), CancellationToken.None)).ShouldBeNull();

    private SessionValidation Validation => new(people.Db, Options.Create(new IdentityOptions()));

    private static ClaimsPrincipal PrincipalOf(Account account, params Claim[] more) => new(new ClaimsIdentity(
        [new(ClaimTypes.NameIdentifier, account.Id.ToString()), new("AspNet.Identity.SecurityStamp", account.SecurityStamp!), .. more], "test"));

    private Task<Result<Account>> ChangeAsync(string? current, string? next) =>
        new ChangePassword(people.Db, people.Clock, people.PasswordCheck, people.Hasher, people.Sessions)
            .RunAsync(ada.Id, current, next, CancellationToken.None);
}
