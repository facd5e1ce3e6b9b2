using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;

namespace GitLabPortal.Connections;

/// <summary>
/// Shows that the wizard's address was written by the wizard, for this person. Anybody can make a link to it: without this, such a link
/// would tick the box for plain http, have the portal call an address, and show "paste your token" for it.
/// </summary>
internal sealed class WizardSeal(IDataProtectionProvider provider)
{
    private readonly IDataProtector protector = provider.CreateProtector("connect-wizard");

    public string Of(Guid accountId, string? url, bool allowsPlainHttp) => protector.Protect(Text(accountId, url, allowsPlainHttp));

    public bool Fits(string? seal, Guid accountId, string? url, bool allowsPlainHttp)
    {
        if (string.IsNullOrEmpty(seal)) return false;
        try
        {
            return string.Equals(protector.Unprotect(seal), Text(accountId, url, allowsPlainHttp), StringComparison.Ordinal);
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            return false;
        }
    }

    private static string Text(Guid accountId, string? url, bool allowsPlainHttp) =>
        string.Create(CultureInfo.InvariantCulture, $"{accountId:N} {allowsPlainHttp} {url}");
}
