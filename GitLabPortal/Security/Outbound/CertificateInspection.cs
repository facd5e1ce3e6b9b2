using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace GitLabPortal.Security;

/// <summary>Checks one handshake's certificate, and keeps what was seen so that a refusal can be explained.</summary>
internal sealed class CertificateInspection(X509Certificate2Collection extraRoots, TimeProvider time)
{
    // A wrong signature: an authority of the same name is trusted, but with another key.
    private const X509ChainStatusFlags Untrusted = X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.NotSignatureValid;
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    public PeerCertificate? Seen { get; private set; }

    public SslClientAuthenticationOptions Options(string host) => new()
    {
        TargetHost = host,
        ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        CertificateChainPolicy = Policy(),
        RemoteCertificateValidationCallback = Validate,
    };

    /// <summary>Nothing that a certificate names is fetched: it would be a request past the outbound guard, to an address the server chose.</summary>
    private static X509ChainPolicy Policy()
    {
        var policy = new X509ChainPolicy { DisableCertificateDownloads = true, RevocationMode = X509RevocationMode.NoCheck };
        policy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        return policy;
    }

    private bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 leaf) return false;
        var flags = ChainFlags(leaf, chain, out var isTrustedByExtraRoot);
        if (isTrustedByExtraRoot) errors &= ~SslPolicyErrors.RemoteCertificateChainErrors;
        Seen = new(
            errors is SslPolicyErrors.None ? [] : Troubles(leaf, flags, errors, chain?.ChainElements.Count ?? 1),
            Names(leaf),
            Shown(leaf, chain),
            isTrustedByExtraRoot);
        return errors is SslPolicyErrors.None;
    }

    private static ShownCertificate[] Shown(X509Certificate2 leaf, X509Chain? chain) =>
        chain is { ChainElements.Count: > 0 } ? [.. chain.ChainElements.Select(e => ShownCertificate.Of(e.Certificate))] : [ShownCertificate.Of(leaf)];

    /// <summary>What is wrong with the chain: by the machine's authorities and, if they do not know it, by the extra ones.</summary>
    private X509ChainStatusFlags ChainFlags(X509Certificate2 leaf, X509Chain? seen, out bool isTrustedByExtraRoot)
    {
        isTrustedByExtraRoot = false;
        if (seen is null) return X509ChainStatusFlags.PartialChain;
        var flags = All(seen);
        if (extraRoots.Count == 0 || (flags & Untrusted) == X509ChainStatusFlags.NoError) return flags;
        using var chain = new X509Chain { ChainPolicy = Policy() };
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(extraRoots);
        foreach (var element in seen.ChainElements) chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        isTrustedByExtraRoot = chain.Build(leaf);
        return All(chain);
    }

    private static X509ChainStatusFlags All(X509Chain chain) => chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, s) => all | s.Status);

    private List<CertificateTrouble> Troubles(X509Certificate2 leaf, X509ChainStatusFlags flags, SslPolicyErrors errors, int sentChainLength)
    {
        List<CertificateTrouble> troubles = [];
        var now = time.GetUtcNow();
        if (now > Utc(leaf.NotAfter)) troubles.Add(CertificateTrouble.Expired);
        else if (now < Utc(leaf.NotBefore)) troubles.Add(CertificateTrouble.NotYetValid);
        else if (flags.HasFlag(X509ChainStatusFlags.NotTimeValid)) troubles.Add(CertificateTrouble.Expired);
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)) troubles.Add(CertificateTrouble.WrongName);
        if (flags.HasFlag(X509ChainStatusFlags.NotValidForUsage)) troubles.Add(CertificateTrouble.NotForServers);
        if (IsSelfSigned(leaf) && (flags & Untrusted) != X509ChainStatusFlags.NoError) troubles.Add(CertificateTrouble.SelfSigned);
        else if (flags.HasFlag(X509ChainStatusFlags.PartialChain) && sentChainLength == 1 && NamesItsIssuersAddress(leaf)) troubles.Add(CertificateTrouble.IncompleteChain);
        else if ((flags & Untrusted) != X509ChainStatusFlags.NoError) troubles.Add(CertificateTrouble.UnknownAuthority);
        if (troubles.Count == 0) troubles.Add(CertificateTrouble.Other);
        return troubles;
    }

    // Whether a lone certificate lacks its intermediates or comes from a private authority cannot be seen for sure. Public authorities
    // say where the issuer's certificate lies (it is not fetched); small private ones mostly do not.
    private static bool NamesItsIssuersAddress(X509Certificate2 leaf) =>
        leaf.Extensions.OfType<X509AuthorityInformationAccessExtension>().Any(e => e.EnumerateCAIssuersUris().Any());

    private static DateTimeOffset Utc(DateTime local) => new(local.ToUniversalTime(), TimeSpan.Zero);

    private static bool IsSelfSigned(X509Certificate2 certificate) => certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);

    private static string[] Names(X509Certificate2 certificate)
    {
        foreach (var extension in certificate.Extensions)
        {
            if (extension is not X509SubjectAlternativeNameExtension names) continue;
            return [.. names.EnumerateDnsNames(), .. names.EnumerateIPAddresses().Select(a => a.ToString())];
        }

        return certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false) is { Length: > 0 } name ? [name] : [];
    }
}
