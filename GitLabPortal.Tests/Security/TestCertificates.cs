using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace GitLabPortal.Tests.Security;

/// <summary>An authority of the test's own and certificates of every kind.</summary>
internal sealed class TestCertificates : IDisposable
{
    private readonly ECDsa authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly List<X509Certificate2> made = [];

    public TestCertificates()
    {
        var request = new CertificateRequest("CN=Test Authority", authorityKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        Authority = Keep(request.CreateSelfSigned(Now.AddYears(-5), Now.AddYears(5)));
    }

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public X509Certificate2 Authority { get; }

    public X509Certificate2 Good(params string[] names) => Issue(names, -10, 90);

    public X509Certificate2 Expired(params string[] names) => Issue(names, -90, -1);

    public X509Certificate2 EndingSoon(params string[] names) => Issue(names, -80, 5);

    public X509Certificate2 NotYetValid(params string[] names) => Issue(names, 10, 90);

    public X509Certificate2 ForClients(params string[] names) => Issue(names, -10, 90, "1.3.6.1.5.5.7.3.2");

    /// <summary>As public authorities issue them: says where the issuer's certificate lies.</summary>
    public X509Certificate2 NamingItsIssuer(string name, string issuerAddress) => Issue([name], -10, 90, issuerAddress: issuerAddress);

    public X509Certificate2 SelfSigned(params string[] names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Portable(Request(names, key, "1.3.6.1.5.5.7.3.1").CreateSelfSigned(Now.AddDays(-10), Now.AddDays(90)));
    }

    public void Dispose()
    {
        foreach (var certificate in made) certificate.Dispose();
        authorityKey.Dispose();
    }

    private X509Certificate2 Issue(string[] names, int fromDays, int toDays, string purpose = "1.3.6.1.5.5.7.3.1", string? issuerAddress = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Request(names, key, purpose);
        if (issuerAddress is not null) request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension(null, [issuerAddress]));
        using var issued = request.Create(Authority, Now.AddDays(fromDays), Now.AddDays(toDays), RandomNumberGenerator.GetBytes(8));
        return Portable(issued.CopyWithPrivateKey(key));
    }

    private static CertificateRequest Request(string[] names, ECDsa key, string purpose)
    {
        var request = new CertificateRequest($"CN={names[0]}", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names) alternatives.AddDnsName(name);
        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], critical: false));
        return request;
    }

    // Servers want a key that does not live in memory only.
    private X509Certificate2 Portable(X509Certificate2 certificate)
    {
        using (certificate) return Keep(X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null));
    }

    private X509Certificate2 Keep(X509Certificate2 certificate)
    {
        made.Add(certificate);
        return certificate;
    }
}
