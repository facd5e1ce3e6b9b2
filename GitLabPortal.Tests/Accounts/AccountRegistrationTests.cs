using GitLabPortal.Accounts;
using GitLabPortal.Tests.Harness;
using Microsoft.AspNetCore.Identity;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Accounts;

public sealed class AccountRegistrationTests
{
    private readonly AccountRegistrar registrar = new(new PasswordHasher<Account>(), new ManualClock());

    [Fact]
    public void Keeps_the_name_and_the_address_tidy_and_the_password_hashed()
    {
        var account = registrar.Prepare(new AccountRegistration(" Ada ", " Ada@Example.com ", PeopleDb.Password)).Value.ShouldNotBeNull();

        account.Name.ShouldBe("Ada");
        account.Email.ShouldBe("Ada@Example.com");
        account.NormalizedEmail.ShouldBe("ADA@EXAMPLE.COM");
        account.UserName.ShouldBe(account.Email);
        account.PasswordHash.ShouldNotBeNull().ShouldNotContain("horse");
        account.SecurityStamp.ShouldNotBeNullOrEmpty();
    }

    [Theory]
    [InlineData("", "Name")]
    [InlineData("a\0b", "Name")]
    public void Refuses_a_name_that_is_none(string name, string field) => FieldAtFault(name, "ada@example.com", PeopleDb.Password).ShouldBe(field);

    [Fact]
    public void Refuses_names_over_100_characters() =>
        FieldAtFault(new string('x', 101), "ada@example.com", PeopleDb.Password).ShouldBe("Name");

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("ada")]
    [InlineData("ada@")]
    [InlineData("@example.com")]
    [InlineData("ada@example.com, bob@example.com")]
    [InlineData("Ada <ada@example.com>")]
    [InlineData("ada @example.com")]
    [InlineData("ada@exam\nple.com")]
    [InlineData("ada@exam\0ple.com")]
    public void Refuses_addresses_that_are_none(string? email) => FieldAtFault("Ada", email, PeopleDb.Password).ShouldBe("Email");

    [Theory]
    [InlineData("ada@localhost")]
    [InlineData("ada+portal@sub.example.co.uk")]
    [InlineData("адам@пример.рф")]
    public void Takes_addresses_that_people_have(string email) => FieldAtFault("Ada", email, PeopleDb.Password).ShouldBeNull();

    [Fact]
    public void Refuses_addresses_that_are_too_long() =>
        FieldAtFault("Ada", new string('a', 10_000) + "@example.com", PeopleDb.Password).ShouldBe("Email");

    [Theory]
    [InlineData(null, "Password")]
    [InlineData("nine char", "Password")]
    [InlineData("ten chars!", null)]
    [InlineData("          ", null)]
    public void Wants_ten_characters_and_nothing_else_of_a_password(string? password, string? field) =>
        FieldAtFault("Ada", "ada@example.com", password).ShouldBe(field);

    [Fact]
    public void Refuses_passwords_over_256_characters()
    {
        FieldAtFault("Ada", "ada@example.com", new string('x', 256)).ShouldBeNull();
        FieldAtFault("Ada", "ada@example.com", new string('x', 257)).ShouldBe("Password");
    }

    [Fact]
    public void The_password_is_not_part_of_its_text() =>
        new AccountRegistration("Ada", "ada@example.com", PeopleDb.Password).ToString().ShouldNotContain(PeopleDb.Password);

    private string? FieldAtFault(string? name, string? email, string? password) =>
        (registrar.Prepare(new AccountRegistration(name, email, password)).Problem as GitLabPortal.Kernel.Problem.Invalid)?.Field;
}
