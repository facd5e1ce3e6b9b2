using System.Net;

namespace GitLabPortal.Security;

/// <summary>Section <c>Portal</c>: how the portal is reached, and what it says about itself.</summary>
public sealed class PortalOptions
{
    public const string Section = "Portal";

    /// <summary>The address people use, e.g. <c>https://portal.example.com</c>; empty means the one the browser used.</summary>
    public string PublicUrl { get; init; } = "";

    /// <summary>Addresses from which the portal's requests leave, for people who must open a firewall.</summary>
    public string[] EgressAddresses { get; init; } = [];

    /// <summary>Lets people paste tokens on a portal that is reached over plain http from another machine.</summary>
    public bool AllowInsecureTokenEntry { get; init; }

    /// <summary>Whom to ask, e.g. an e-mail address; shown where a person cannot go on alone.</summary>
    public string SupportContact { get; init; } = "";

    /// <summary>Addresses of reverse proxies whose X-Forwarded headers count.</summary>
    public string[] TrustedProxies { get; init; } = [];

    /// <summary>The problems with these settings, each beginning with its key.</summary>
    public IEnumerable<string> Problems()
    {
        if (PublicUrl.Length > 0 && !(Uri.TryCreate(PublicUrl, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"))
            yield return $"Portal:PublicUrl is '{PublicUrl}'. Give a whole address such as https://portal.example.com, or leave it empty.";
        for (var i = 0; i < EgressAddresses.Length; i++)
        {
            if (!IPAddress.TryParse(EgressAddresses[i], out _) && !IPNetwork.TryParse(EgressAddresses[i], out _))
                yield return $"Portal:EgressAddresses:{i} is '{EgressAddresses[i]}'. Give an IP address or a network such as 203.0.113.0/28.";
        }

        for (var i = 0; i < TrustedProxies.Length; i++)
        {
            if (!IPAddress.TryParse(TrustedProxies[i], out _) && !IPNetwork.TryParse(TrustedProxies[i], out _))
                yield return $"Portal:TrustedProxies:{i} is '{TrustedProxies[i]}'. Give an IP address or a network such as 10.0.0.0/8.";
        }

        if (SupportContact.Length > 200) yield return "Portal:SupportContact is longer than 200 characters.";
    }
}
