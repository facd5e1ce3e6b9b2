using System.Net.Mail;
using FluentValidation;
using GitLabPortal.Kernel;

namespace GitLabPortal.Accounts;

/// <summary>What names, addresses and passwords look like, and how that is said.</summary>
public static class AccountRules
{
    public const int MaxNameLength = 100;
    public const int MaxEmailLength = 254;
    public const int MinPasswordLength = 10;
    public const int MaxPasswordLength = 256;

    public static IRuleBuilderOptions<T, string?> PersonName<T>(this IRuleBuilderInitial<T, string?> rule) => rule
        .Cascade(CascadeMode.Stop)
        .Must(name => !string.IsNullOrWhiteSpace(name)).WithMessage("Enter your name.")
        .Must(name => name!.Trim().Length <= MaxNameLength).WithMessage($"Use at most {MaxNameLength} characters.")
        .Must(name => DisplayName.IsPrintable(name!.Trim())).WithMessage("The name has characters that cannot be shown. Type it instead of pasting it.");

    public static IRuleBuilderOptions<T, string?> Email<T>(this IRuleBuilderInitial<T, string?> rule) => rule
        .Cascade(CascadeMode.Stop)
        .Must(email => !string.IsNullOrWhiteSpace(email)).WithMessage("Enter an e-mail address.")
        .Must(IsEmail).WithMessage("This is not an e-mail address. It looks like name@example.com.");

    public static IRuleBuilderOptions<T, string?> NewPassword<T>(this IRuleBuilderInitial<T, string?> rule) => rule
        .Cascade(CascadeMode.Stop)
        .Must(password => password is { Length: >= MinPasswordLength }).WithMessage($"Use at least {MinPasswordLength} characters.")
        .Must(password => password!.Length <= MaxPasswordLength).WithMessage($"Use at most {MaxPasswordLength} characters.");

    /// <summary>The address as it is kept: without space around it.</summary>
    public static string TidyEmail(string email) => email.Trim();

    /// <summary>The form in which addresses are compared.</summary>
    public static string NormalizeEmail(string email) => TidyEmail(email).ToUpperInvariant();

    internal static bool IsEmail(string? text)
    {
        var email = text?.Trim() ?? "";
        return email.Length <= MaxEmailLength
            && DisplayName.IsPrintable(email)
            && !email.Any(char.IsWhiteSpace)
            // The parser also reads "Name <address>"; only a bare address comes back unchanged.
            && MailAddress.TryCreate(email, out var address)
            && string.Equals(address.Address, email, StringComparison.Ordinal);
    }
}
