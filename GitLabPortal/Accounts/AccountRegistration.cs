using FluentValidation;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Accounts;

/// <summary>What a new person enters about themselves.</summary>
public sealed record AccountRegistration(string? Name, string? Email, string? Password)
{
    // The password must not end in a log line.
    public override string ToString() => $"{nameof(AccountRegistration)} {{ Name = {Name}, Email = {Email} }}";
}

public sealed class AccountRegistrationValidator : AbstractValidator<AccountRegistration>
{
    public AccountRegistrationValidator()
    {
        RuleFor(r => r.Name).PersonName();
        RuleFor(r => r.Email).Email();
        RuleFor(r => r.Password).NewPassword();
    }
}

/// <summary>
/// Makes accounts for the use cases that need one. In two steps, since hashing a password takes a while and must not hold up other
/// writers: <see cref="Prepare"/> before the transaction, <see cref="AddAsync"/> inside it.
/// </summary>
public sealed class AccountRegistrar(IPasswordHasher<Account> hasher, TimeProvider clock)
{
    private static readonly AccountRegistrationValidator Validator = new();

    /// <summary>The account that the registration describes, not saved yet.</summary>
    public Result<Account> Prepare(AccountRegistration registration)
    {
        var validation = Validator.Validate(registration);
        if (validation.Errors is [var error, ..]) return new Problem.Invalid("account-invalid", error.ErrorMessage, error.PropertyName);

        var account = New(registration.Name!, registration.Email!);
        account.PasswordHash = hasher.HashPassword(account, registration.Password!);
        return account;
    }

    /// <summary>An account that nobody can sign in to with a password, for people whom another server vouches for; not saved yet.</summary>
    public Result<Account> PrepareWithoutPassword(string? name, string? email)
    {
        if (!AccountRules.IsEmail(email)) return new Problem.Invalid("account-email-missing", "The account needs an e-mail address.", nameof(Account.Email));
        return New(DisplayName.Read(name, AccountRules.MaxNameLength) ?? email!.Split('@')[0], email!);
    }

    private Account New(string name, string address)
    {
        var email = AccountRules.TidyEmail(address);
        return new Account
        {
            Id = Guid.CreateVersion7(),
            Name = name.Trim(),
            Email = email,
            NormalizedEmail = AccountRules.NormalizeEmail(email),
            UserName = email,
            NormalizedUserName = AccountRules.NormalizeEmail(email),
            SecurityStamp = Guid.NewGuid().ToString("N"),
            LockoutEnabled = true,
            CreatedAt = clock.GetUtcNow(),
        };
    }

    /// <summary>Adds the account to the caller's transaction unless its address is taken.</summary>
    public static async Task<Result> AddAsync(PortalDb db, Account account, CancellationToken cancellationToken)
    {
        if (await db.Set<Account>().AnyAsync(a => a.NormalizedEmail == account.NormalizedEmail, cancellationToken))
        {
            return new Problem.Invalid(
                "email-taken", "There is an account with this e-mail address already. Sign in with it, then open the link again.", nameof(Account.Email));
        }

        db.Add(account);
        return Result.Success;
    }
}
