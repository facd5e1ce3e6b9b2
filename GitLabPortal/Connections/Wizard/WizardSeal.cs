using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;

namespace GitLabPortal.Connections;

/// <summary>
/// Shows that the wizard's address was written by the wizard, for this person. Anybody can make a link to it: without this, such a link
/// would tick the box for plain http, trust an authority, have the portal call an address, and show "paste your token" for it.
/// </summary>
internal sealed class WizardSeal(IDataProtectionProvider provider)
{
    private readonly IDataProtector protector = provider.CreateProtector("connect-wizard");

    public string Of(Guid accountId, string? url, bool allowsPlainHttp, string? apiUrl = null, string? authorities = null) =>
        protector.Protect(Text(accountId, url, allowsPlainHttp, apiUrl, authorities));

    public bool Fits(string? seal, Guid accountId, string? url, bool allowsPlainHttp, string? apiUrl = null, string? authorities = null)
    {
        if (string.IsNullOrEmpty(seal)) return false;
        try
        {
            return string.Equals(protector.Unprotect(seal), Text(accountId, url, allowsPlainHttp, apiUrl, authorities), StringComparison.Ordinal);
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            return false;
        }
    }

    /// <summary>One text for one input: where one part ends and the next begins is beyond doubt. Hashed, to keep the address short.</summary>
    private static string Text(Guid accountId, string? url, bool allowsPlainHttp, string? apiUrl, string? authorities) =>
        Convert.ToHexString(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes<string?[]>([accountId.ToString("N"), allowsPlainHttp ? "http" : "", url, apiUrl ?? "", authorities ?? ""])));
}
