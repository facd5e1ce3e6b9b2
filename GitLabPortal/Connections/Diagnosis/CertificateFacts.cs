using System.Globalization;
using GitLabPortal.Kernel;
using GitLabPortal.Security;

namespace GitLabPortal.Connections;

/// <summary>A presented chain in detail, for people who compare it with what their admin sees.</summary>
internal static class CertificateFacts
{
    private const int MaxChain = 4;

    public static IReadOnlyList<FindingFact> Of(PeerCertificate certificate)
    {
        List<FindingFact> facts = [];
        for (var i = 0; i < Math.Min(certificate.Chain.Count, MaxChain); i++)
        {
            var (shown, prefix) = (certificate.Chain[i], i == 0 ? "" : certificate.Chain[i].IsSelfIssued ? "Root: " : "Above: ");
            facts.Add(new($"{prefix}Subject", Short(shown.Subject)));
            if (!shown.IsSelfIssued) facts.Add(new($"{prefix}Issuer", Short(shown.Issuer)));
            facts.Add(new($"{prefix}Valid", string.Create(CultureInfo.InvariantCulture, $"{shown.NotBefore:yyyy-MM-dd HH:mm} to {shown.NotAfter:yyyy-MM-dd HH:mm} UTC")));
            facts.Add(new($"{prefix}SHA-256", shown.Sha256));
            if (i == 0 && certificate.Names.Count > 0) facts.Add(new("Names", string.Join(", ", certificate.Names.Take(8).Select(Short))));
        }

        return facts;
    }

    public static string Short(string text) => text.Length <= 120 ? text : string.Concat(text.AsSpan(0, 117), "…");
}
