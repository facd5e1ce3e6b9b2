using GitLabPortal.Accounts;
using GitLabPortal.Tests.Harness;
using Microsoft.AspNetCore.Identity;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Accounts;

public sealed class CheckingAPasswordTests : IAsyncLifetime
{
    private PeopleDb people = null!;
    private Account ada = null!;

    public async ValueTask InitializeAsync()
    {
        people = await PeopleDb.CreateAsync();
        ada = await people.RegisterAsync("ada@example.com");
    }

    public ValueTask DisposeAsync() => people.DisposeAsync();

    [Theory]
    [InlineData("ada@example.com")]
    [InlineData(" ADA@Example.COM ")]
    public async Task Finds_the_account_however_the_address_is_written(string email) =>
        (await TryAsync(email, PeopleDb.Password)).Value!.Id.ShouldBe(ada.Id);

    [Fact]
    public async Task Says_the_same_for_a_wrong_password_and_an_unknown_address()
    {
        var wrong = await TryAsync("ada@example.com", "wrong password");
        var unknown = await TryAsync("bob@example.com", PeopleDb.Password);

        wrong.Problem.ShouldNotBeNull();
        unknown.Problem.ShouldBe(wrong.Problem);
    }

    [Theory]
    [InlineData("ada@example.com")]
    [InlineData("nobody@example.com")]
    public async Task Locks_after_five_wrong_passwords_for_a_quarter_of_an_hour_whether_or_not_there_is_an_account(string email)
    {
        for (var i = 0; i < 4; i++) (await TryAsync(email, "wrong")).Code().ShouldBe("sign-in-refused");

        var fifth = await TryAsync(email, "wrong");
        fifth.Code().ShouldBe("account-locked");
        fifth.Problem!.Message.ShouldBe("Too many wrong passwords. Try again in 15 minutes.");
        (await TryAsync(email, PeopleDb.Password)).Code().ShouldBe("account-locked");

        people.Clock.Advance(TimeSpan.FromMinutes(14.5));
        (await TryAsync(email, "wrong")).Problem!.Message.ShouldContain("1 minute.");
        people.Clock.Advance(TimeSpan.FromMinutes(1));
        (await TryAsync(email, "wrong")).Code().ShouldBe("sign-in-refused");
    }

    [Theory]
    [InlineData("ada@example.com")]
    [InlineData("nobody@example.com")]
    public async Task Takes_as_long_for_a_locked_account_as_for_none(string email)
    {
        for (var i = 0; i < 5; i++) await TryAsync(email, "wrong");
        var counting = new CountingHasher(people.Hasher);
        var check = new PasswordCheck(people.Db, people.Clock, counting, people.UnknownAddresses);

        (await check.ByEmailAsync(email, "wrong", CancellationToken.None)).Code().ShouldBe("account-locked");

        counting.Compared.ShouldBe(1);
    }

    [Fact]
    public async Task The_right_password_works_again_after_the_lock_and_the_lock_is_on_the_record()
    {
        for (var i = 0; i < 5; i++) await TryAsync("ada@example.com", "wrong");
        people.Clock.Advance(TimeSpan.FromMinutes(16));

        (await TryAsync("ada@example.com", PeopleDb.Password)).IsSuccess.ShouldBeTrue();
        (await people.AuditAsync()).ShouldBe(["account.locked"]);
    }

    [Fact]
    public async Task A_right_password_forgets_the_wrong_ones_before_it()
    {
        for (var i = 0; i < 4; i++) await TryAsync("ada@example.com", "wrong");
        await TryAsync("ada@example.com", PeopleDb.Password);

        (await TryAsync("ada@example.com", "wrong")).Code().ShouldBe("sign-in-refused");
        (await people.FindAsync(ada.Id)).AccessFailedCount.ShouldBe(1);
    }

    [Fact]
    public async Task Forty_tries_at_once_get_no_more_than_five_in_a_row()
    {
        var tries = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Task.Run(() => TryAsync("ada@example.com", "wrong"))));

        tries.Count(t => t.Code() == "sign-in-refused").ShouldBe(4);
        tries.Count(t => t.Code() == "account-locked").ShouldBe(36);
    }

    [Fact]
    public async Task An_account_without_a_password_cannot_be_entered_with_any()
    {
        await people.Db.AddAccountAsync("Eve", "eve@example.com");

        (await TryAsync("eve@example.com", "")).Code().ShouldBe("sign-in-refused");
        (await TryAsync("eve@example.com", PeopleDb.Password)).Code().ShouldBe("sign-in-refused");
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("", "")]
    [InlineData("ada@example.com", null)]
    [InlineData("\0", "\0")]
    public async Task Bad_input_is_just_wrong(string? email, string? password) => (await TryAsync(email, password)).Code().ShouldBe("sign-in-refused");

    [Fact]
    public async Task Endless_input_is_just_wrong()
    {
        var endless = new string('x', 10_000);

        (await TryAsync(endless, PeopleDb.Password)).Code().ShouldBe("sign-in-refused");
        (await TryAsync("ada@example.com", endless)).Code().ShouldBe("sign-in-refused");
    }

    private Task<GitLabPortal.Kernel.Result<Account>> TryAsync(string? email, string? password) =>
        people.PasswordCheck.ByEmailAsync(email, password, CancellationToken.None);

    /// <summary>Comparing is what takes the time.</summary>
    private sealed class CountingHasher(IPasswordHasher<Account> hasher) : IPasswordHasher<Account>
    {
        public int Compared { get; private set; }

        public string HashPassword(Account user, string password) => hasher.HashPassword(user, password);

        public PasswordVerificationResult VerifyHashedPassword(Account user, string hashedPassword, string providedPassword)
        {
            Compared++;
            return hasher.VerifyHashedPassword(user, hashedPassword, providedPassword);
        }
    }
}
