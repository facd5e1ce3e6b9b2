using GitLabPortal.Kernel;
using static GitLabPortal.Kernel.FindingStatus;
using static GitLabPortal.Kernel.FixOwner;

namespace GitLabPortal.Connections;

/// <summary>Everything that the checks of a server can find, before any token.</summary>
internal static class ServerCodes
{
    public static readonly DiagnosisCode Understood = new("address-understood", Passed, "Address");
    public static readonly DiagnosisCode Invalid = new("address-invalid", Failed, "Not an address", "Paste the address of your GitLab's start page, for example https://gitlab.example.com.", You);
    public static readonly DiagnosisCode IsToken = new("address-is-token", Failed, "A token, not an address", "Paste the address of your GitLab's start page here. The token is asked for later.", You);
    public static readonly DiagnosisCode CredentialsDropped = new("address-had-password", Information, "User name and password left out", "If the password was real, change it: it may be in your clipboard or in a document.", You);
    public static readonly DiagnosisCode WasSsh = new("address-was-ssh", Information, "SSH address understood", "If GitLab's web pages have another host name, enter that one.", You);
    public static readonly DiagnosisCode GitLabCom = new("gitlab-com", Failed, "This is gitlab.com", "Connect gitlab.com in your profile, under git integrations. This page is for your own GitLab servers.", You);

    public static readonly DiagnosisCode NameResolved = new("name-resolved", Passed, "Name found");
    public static readonly DiagnosisCode NameNotFound = new("name-not-found", Failed, "Name not found", "Check the spelling. If the name works only inside your network, the portal must use a DNS server that knows it.", You);
    public static readonly DiagnosisCode DnsFailure = new("dns-failure", Failed, "DNS does not answer", "Check the DNS server that the portal's machine uses, then try again.", NetworkAdmin);
    public static readonly DiagnosisCode AddressRefused = new("address-refused", Failed, "Address not allowed by this portal", "If this network is meant to be reached, list it in the portal's setting Outbound:AllowedNetworks.", PortalOperator);

    public static readonly DiagnosisCode Connected = new("connected", Passed, "Connection");
    public static readonly DiagnosisCode Refused = new("connection-refused", Failed, "Connection refused", "Check the port and that GitLab is running. A firewall that rejects connections looks the same.", GitLabAdmin);
    public static readonly DiagnosisCode Unreachable = new("unreachable", Failed, "No route to the server", "Connect the portal's network to the server's network, by routing or VPN.", NetworkAdmin);
    public static readonly DiagnosisCode ConnectTimedOut = new("connect-timed-out", Failed, "No reply to the connection attempt", "Usually a firewall drops the packets: let the portal's address reach the server on this port.", NetworkAdmin);
    public static readonly DiagnosisCode Dropped = new("connection-dropped", Failed, "Connection closed without an answer", "Check the port. If it is right, look at the proxy or firewall in front of GitLab: it closes the portal's connections.", GitLabAdmin);
    public static readonly DiagnosisCode NotHttp = new("not-http", Failed, "Not a web server", "Check the port: another service listens there.", You);
    public static readonly DiagnosisCode NoAnswer = new("no-answer-in-time", Failed, "No answer in time", "The server accepts connections but is too slow or stuck. Check its load, then try again.", GitLabAdmin);

    public static readonly DiagnosisCode PlainHttpConsent = new("plain-http-needs-consent", Failed, "Not encrypted", "Use https if the server offers it. Otherwise tick the box to accept that the token travels unencrypted through your network.", You);
    public static readonly DiagnosisCode PlainHttpRefused = new("plain-http-refused", Failed, "Not encrypted over a public network", "Use https. The token would travel unencrypted, where anybody on the way can read it.", GitLabAdmin);
    public static readonly DiagnosisCode PlainHttpUsed = new("plain-http", Warning, "Not encrypted", "Set up https on the server when you can: the token travels unencrypted.", GitLabAdmin);
    public static readonly DiagnosisCode HttpOnly = new("http-only", Failed, "Only http answers", "Set up https on the server. Within a private network you may use the http address and accept that the token travels unencrypted.", GitLabAdmin);

    public static readonly DiagnosisCode CertificateTrusted = new("certificate-trusted", Passed, "Certificate");
    public static readonly DiagnosisCode TlsNotSpoken = new("tls-not-spoken", Failed, "No TLS on this port", "Check the port. If this is right, the server speaks plain http here: ask for https.", GitLabAdmin);
    public static readonly DiagnosisCode TlsRejected = new("tls-rejected", Failed, "TLS handshake ended by the server", "The server needs TLS 1.2 or later, common ciphers, and must not demand a client certificate.", GitLabAdmin);
    public static readonly DiagnosisCode TlsTimedOut = new("tls-timed-out", Failed, "TLS handshake hangs", "Something between here and the server swallows encrypted traffic, often an inspecting firewall or a wrong MTU.", NetworkAdmin);
    public static readonly DiagnosisCode TlsExpired = new("tls-expired", Failed, "Certificate expired", "Renew the server's certificate.", GitLabAdmin);
    public static readonly DiagnosisCode TlsNotYetValid = new("tls-not-yet-valid", Failed, "Certificate not valid yet", "Check the clocks of the server and of the portal's machine; otherwise issue the certificate anew.", GitLabAdmin);
    public static readonly DiagnosisCode TlsWrongName = new("tls-wrong-name", Failed, "Certificate for another name", "Use a name that the certificate holds, or issue a certificate that holds this name.", GitLabAdmin);
    public static readonly DiagnosisCode TlsSelfSigned = new("tls-self-signed", Failed, "Certificate not trusted: self-signed", "Use a certificate of an authority, or have the portal's operator add this certificate to the machine's trusted ones after comparing the fingerprint.", PortalOperator);
    public static readonly DiagnosisCode TlsUnknownAuthority = new("tls-unknown-authority", Failed, "Certificate not trusted: unknown authority", "Add the authority's root certificate to the trusted ones of the portal's machine and restart the portal.", PortalOperator);
    public static readonly DiagnosisCode TlsIncompleteChain = new("tls-incomplete-chain", Failed, "Certificate not trusted: chain incomplete", "Configure the full chain (server and intermediate certificates) in GitLab. If the authority is your own, its root must also be trusted on the portal's machine.", GitLabAdmin);
    public static readonly DiagnosisCode TlsInvalid = new("tls-invalid", Failed, "Certificate not usable", "Issue a certificate for web servers (server authentication) by a common authority.", GitLabAdmin);

    public static readonly DiagnosisCode RedirectToHttps = new("redirect-to-https", Failed, "The server wants https", "Use the https address.", You);
    public static readonly DiagnosisCode HttpsExpected = new("https-expected", Failed, "This port speaks https", "Use https:// with this port.", You);
    public static readonly DiagnosisCode RedirectElsewhere = new("redirect-elsewhere", Failed, "GitLab is at another address", "Use the address that the server redirects to, if you trust it.", You);
    public static readonly DiagnosisCode LoginGateway = new("login-gateway", Failed, "A login page is in front", "A single sign-on gateway or proxy asks people to sign in before they reach GitLab. Let requests to /api/v4 from the portal's address pass, or use an address behind the gateway.", NetworkAdmin);
    public static readonly DiagnosisCode ApiBlocked = new("api-blocked", Failed, "GitLab's API is blocked", "GitLab's pages are there, but something in front does not let /api/v4 through. Allow it for the portal's address.", GitLabAdmin);
    public static readonly DiagnosisCode NotGitLab = new("not-gitlab", Failed, "This is not GitLab", "Check the address. If GitLab runs below a path, such as https://example.com/gitlab, give the path too.", You);

    public static readonly DiagnosisCode IsGitLab = new("is-gitlab", Passed, "GitLab found");
    public static readonly DiagnosisCode AddressMatches = new("address-matches", Passed, "GitLab's own address");
    public static readonly DiagnosisCode AddressDiffers = new("address-differs", Warning, "GitLab calls itself by another address", "If people should use one address, set external_url in GitLab to it. Links and clone addresses show GitLab's own address.", GitLabAdmin);
    public static readonly DiagnosisCode ClockAgrees = new("clock-agrees", Passed, "Clock");
    public static readonly DiagnosisCode ClockDiffers = new("clock-differs", Warning, "Clocks differ", "Set the clocks by NTP on both machines: tokens and certificates expire by them.", GitLabAdmin);
}
