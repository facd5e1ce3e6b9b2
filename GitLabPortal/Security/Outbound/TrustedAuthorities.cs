using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using GitLabPortal.Kernel;

namespace GitLabPortal.Security;

/// <summary>
/// Certificate authorities that a person trusts for one connection, besides the machine's own. Names and dates of servers' certificates
/// are checked all the same.
/// </summary>
public sealed class TrustedAuthorities : IEquatable<TrustedAuthorities>
{
    public const int MaxPemLength = 64 * 1024;
    private const int MaxCertificates = 10;

    private TrustedAuthorities(X509Certificate2Collection certificates)
    {
        Certificates = certificates;
        Pem = string.Concat(certificates.Select(c => c.ExportCertificatePem() + "\n"));
        All = [.. certificates.Select(ShownCertificate.Of)];
    }

    /// <summary>The certificates alone, whatever else the text held.</summary>
    public string Pem { get; }

    public IReadOnlyList<ShownCertificate> All { get; }

    internal X509Certificate2Collection Certificates { get; }

    /// <summary>
    /// Reads PEM text. Problems are <see cref="Problem.Invalid"/> with <c>authority-empty</c>, <c>authority-unreadable</c>,
    /// <c>authority-private-key</c>, <c>authority-no-root</c> or <c>authority-expired</c>.
    /// </summary>
    public static Result<TrustedAuthorities> Parse(string? pem, TimeProvider time)
    {
        if (string.IsNullOrWhiteSpace(pem)) return Wrong("authority-empty", "Paste the authority's root certificate. It begins with -----BEGIN CERTIFICATE-----.");
        if (pem.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
            return Wrong("authority-private-key", "This text holds a private key. It was not kept. Paste certificates only; a key that left its server should be replaced.");
        var certificates = new X509Certificate2Collection();
        try
        {
            if (pem.Length <= MaxPemLength) certificates.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
            certificates.Clear();
        }

        if (certificates.Count is 0 or > MaxCertificates)
            return Wrong("authority-unreadable", "No certificate could be read here. Paste the whole text from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----.");
        var read = new TrustedAuthorities(certificates);
        if (!read.All.Any(c => c.IsSelfIssued))
            return Wrong("authority-no-root", "These certificates need another one above them. Paste the root certificate of the authority, which issued itself.");
        var now = time.GetUtcNow();
        return read.All.All(c => c.NotAfter < now) ? Wrong("authority-expired", $"This certificate ended on {read.All[0].NotAfter:yyyy-MM-dd}.") : read;
    }

    public bool Equals(TrustedAuthorities? other) => other is not null && other.Pem == Pem;

    public override bool Equals(object? obj) => Equals(obj as TrustedAuthorities);

    public override int GetHashCode() => Pem.GetHashCode(StringComparison.Ordinal);

    private static Problem.Invalid Wrong(string code, string message) => new(code, message, "Authority");
}

/// <summary>What people are shown of a certificate.</summary>
/// <param name="Sha256">Fingerprint, upper-case hex in pairs with colons, as browsers and openssl show it.</param>
/// <param name="IsSelfIssued">Nothing stands above it: a root, or a self-signed server certificate.</param>
public sealed record ShownCertificate(string Subject, string Issuer, DateTimeOffset NotBefore, DateTimeOffset NotAfter, string Sha256, bool IsSelfIssued, string Pem)
{
    internal static ShownCertificate Of(X509Certificate2 certificate) => new(
        certificate.Subject,
        certificate.Issuer,
        new DateTimeOffset(certificate.NotBefore.ToUniversalTime(), TimeSpan.Zero),
        new DateTimeOffset(certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero),
        Pairs(certificate.GetCertHashString(HashAlgorithmName.SHA256)),
        certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData),
        certificate.ExportCertificatePem());

    private static string Pairs(string hex)
    {
        var text = new StringBuilder();
        for (var i = 0; i + 1 < hex.Length; i += 2) text.Append(i == 0 ? "" : ":").Append(hex, i, 2);
        return text.ToString();
    }
}
