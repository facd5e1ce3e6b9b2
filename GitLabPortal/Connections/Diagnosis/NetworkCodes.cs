using GitLabPortal.Kernel;
using static GitLabPortal.Kernel.FindingStatus;
using static GitLabPortal.Kernel.FixOwner;

namespace GitLabPortal.Connections;

/// <summary>The way to the server: name, the portal's rules, proxy, TCP.</summary>
internal static class NetworkCodes
{
    public static readonly DiagnosisCode NameResolved = new("name-resolved", Passed, "Name found");
    public static readonly DiagnosisCode NamePrivate = new("name-private", Passed, "Name found, private network");
    public static readonly DiagnosisCode NameNotFound = new("name-not-found", Failed, "Name not found", "Check the spelling. If the name works only inside your network, the portal must use a DNS server that knows it.", You)
    {
        Means = "The DNS server that the portal's machine uses says that there is no such name. To tell a typing error from a missing DNS entry, open the address in a browser on your computer: if it opens there, your computer asks another DNS server than the portal.",
    };

    public static readonly DiagnosisCode DnsFailure = new("dns-failure", Failed, "DNS does not answer", "Check the DNS server that the portal's machine uses, then try again.", NetworkAdmin)
    {
        Means = "The DNS server reports trouble or says nothing. It does not mean that the name is wrong.",
    };

    public static readonly DiagnosisCode RulesAllow = new("rules-allow", Passed, "Portal's rules");
    public static readonly DiagnosisCode AddressRefused = new("address-refused", Failed, "Address not allowed by this portal", "If this network is meant to be reached, list it in the portal's setting Outbound:AllowedNetworks.", PortalOperator)
    {
        Means = "The portal never calls its own machine, link-local, metadata and other special addresses, so that nobody can use it to reach what is not theirs. Private networks are allowed. GitLab's own settings for local requests have nothing to do with it.",
        Setting = "Outbound:AllowedNetworks in the portal's appsettings.json",
    };

    public static readonly DiagnosisCode PlainHttpConsent = new("plain-http-needs-consent", Failed, "Not encrypted", "Use https if the server offers it. Otherwise tick the box to accept that the token travels unencrypted through your network.", You);
    public static readonly DiagnosisCode PlainHttpRefused = new("plain-http-refused", Failed, "Not encrypted over a public network", "Use https. The token would travel unencrypted, where anybody on the way can read it.", GitLabAdmin);

    public static readonly DiagnosisCode ProxyUnreachable = new("proxy-unreachable", Failed, "Outgoing proxy not reached", "Check the portal's setting Outbound:ProxyUrl and that the proxy runs. A server that needs no proxy belongs into Outbound:ProxyExceptions.", PortalOperator) { Setting = "Outbound:ProxyUrl and Outbound:ProxyExceptions in the portal's appsettings.json" };
    public static readonly DiagnosisCode ProxyRefused = new("proxy-refused", Failed, "Outgoing proxy refuses", "Allow the portal's requests to this server on the proxy, or have the portal's operator list the server in Outbound:ProxyExceptions if it can be reached directly.", NetworkAdmin)
    {
        Means = "The proxy answered the portal's CONNECT request with a refusal. Servers inside one's own network are usually called without the proxy.",
    };

    public static readonly DiagnosisCode ProxyPassword = new("proxy-wants-password", Failed, "Outgoing proxy asks for a password", "Set Outbound:ProxyUserName and Outbound:ProxyPassword, or correct them.", PortalOperator) { Setting = "Outbound:ProxyUserName and Outbound:ProxyPassword of the portal" };
    public static readonly DiagnosisCode ProxyFailed = new("proxy-failed", Failed, "Outgoing proxy cannot reach the server", "Let the proxy reach the server. If the server is inside your own network, the portal's operator lists it in Outbound:ProxyExceptions.", NetworkAdmin);
    public static readonly DiagnosisCode ProxyNotSpoken = new("proxy-not-spoken", Failed, "No proxy answers there", "Correct the portal's setting Outbound:ProxyUrl: what listens there is not an HTTP proxy.", PortalOperator) { Setting = "Outbound:ProxyUrl in the portal's appsettings.json" };

    public static readonly DiagnosisCode Connected = new("connected", Passed, "Connection");
    public static readonly DiagnosisCode Refused = new("connection-refused", Failed, "Connection refused", "Check the port and that GitLab is running. A firewall that rejects connections looks the same.", GitLabAdmin)
    {
        Means = "The machine is there and said no at once: usually nothing listens on the port. GitLab stopped, another port, or a firewall that rejects instead of dropping. On the GitLab server, gitlab-ctl status tells the first apart.",
    };

    public static readonly DiagnosisCode Unreachable = new("unreachable", Failed, "No route to the server", "Connect the portal's network to the server's network, by routing or VPN.", NetworkAdmin)
    {
        Means = "A router, or the portal's own machine, knows no way to this network.",
    };

    public static readonly DiagnosisCode Ipv6Only = new("ipv6-only", Failed, "Only IPv6, which the portal lacks", "Give the server an IPv4 address (A record) too, or give the portal's machine IPv6.", NetworkAdmin)
    {
        Means = "The name has only IPv6 addresses, and the portal's machine has no way to IPv6 networks. In containers IPv6 is often switched off.",
    };

    public static readonly DiagnosisCode ConnectTimedOut = new("connect-timed-out", Failed, "No reply to the connection attempt", "Usually a firewall drops the packets: let the portal's address reach the server on this port.", NetworkAdmin)
    {
        Means = "Nothing came back, not even a refusal. Firewalls drop packets silently; a machine that is switched off looks the same.",
    };

    public static readonly DiagnosisCode PrivateTimedOut = new("private-address-silent", Failed, "Private address does not reply", "Run the portal inside this private network or join it by VPN, and open the port from the portal to the server.", NetworkAdmin)
    {
        Means = "The name stands for a private address. Outside of its network such an address leads nowhere, so the connection attempt stays without any reply. If the portal is in the same network, a firewall drops the packets.",
    };

    public static readonly DiagnosisCode SomeAddressesFail = new("some-addresses-fail", Warning, "Not every address works", "Remove dead addresses from the server's DNS entry, or repair what should listen there.", GitLabAdmin)
    {
        Means = "The name has several addresses and some of them do not take connections. Calls work or hang by luck.",
    };

    public static readonly DiagnosisCode Dropped = new("connection-dropped", Failed, "Connection closed without an answer", "Check the port. If it is right, look at the proxy or firewall in front of GitLab: it closes the portal's connections.", GitLabAdmin);
}
