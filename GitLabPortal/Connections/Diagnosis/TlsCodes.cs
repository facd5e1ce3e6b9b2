using GitLabPortal.Kernel;
using static GitLabPortal.Kernel.FindingStatus;
using static GitLabPortal.Kernel.FixOwner;

namespace GitLabPortal.Connections;

/// <summary>Encryption, and whether the server is the one it says it is.</summary>
internal static class TlsCodes
{
    public static readonly DiagnosisCode Trusted = new("certificate-trusted", Passed, "Certificate");
    public static readonly DiagnosisCode TrustedByExtra = new("certificate-trusted-here", Passed, "Certificate, by this connection's own authority");
    public static readonly DiagnosisCode EndsSoon = new("certificate-ends-soon", Warning, "Certificate ends soon", "Renew the server's certificate in time; afterwards nothing can connect.", GitLabAdmin);
    public static readonly DiagnosisCode NotSpoken = new("tls-not-spoken", Failed, "No TLS on this port", "Check the port. If this is right, the server speaks plain http here: ask for https.", GitLabAdmin);
    public static readonly DiagnosisCode TooOld = new("tls-too-old", Failed, "TLS version too old", "Let the server speak TLS 1.2 or later.", GitLabAdmin)
    {
        Means = "The server, or a proxy in front of it, speaks only TLS 1.1 or older, which are broken and which the portal's machine does not speak any more.",
        Setting = "nginx['ssl_protocols'] = \"TLSv1.2 TLSv1.3\" in /etc/gitlab/gitlab.rb",
    };

    public static readonly DiagnosisCode ClientCertificate = new("tls-client-certificate", Failed, "Server asks for a client certificate", "Exempt the portal's address from client certificates, or offer an address without them.", GitLabAdmin)
    {
        Means = "The server, or a proxy in front of it, takes only visitors who show a certificate of their own (mutual TLS). The portal has none.",
        Setting = "nginx['ssl_verify_client'] in /etc/gitlab/gitlab.rb",
    };

    public static readonly DiagnosisCode Rejected = new("tls-rejected", Failed, "TLS handshake ended by the server", "Look at the log of the web server: most likely first, 1. it has no certificate for this name, 2. it shares no cipher with the portal's machine, 3. it demands a client certificate.", GitLabAdmin)
    {
        Means = "The server hung up in the handshake without a reason that tells these causes apart. openssl s_client -connect host:443 -servername host shows more.",
    };

    public static readonly DiagnosisCode TimedOut = new("tls-timed-out", Failed, "TLS handshake hangs", "Something between here and the server swallows encrypted traffic, often an inspecting firewall or a wrong MTU.", NetworkAdmin);
    public static readonly DiagnosisCode Expired = new("tls-expired", Failed, "Certificate expired", "Renew the server's certificate.", GitLabAdmin)
    {
        Means = "Everybody who checks certificates is locked out. With Let's Encrypt inside GitLab, gitlab-ctl renew-le-certs renews it.",
    };

    public static readonly DiagnosisCode NotYetValid = new("tls-not-yet-valid", Failed, "Certificate not valid yet", "Check the clocks of the server and of the portal's machine; otherwise issue the certificate anew.", GitLabAdmin);
    public static readonly DiagnosisCode WrongName = new("tls-wrong-name", Failed, "Certificate for another name", "Use a name that the certificate holds, or issue a certificate that holds this name.", GitLabAdmin);
    public static readonly DiagnosisCode SelfSigned = new("tls-self-signed", Failed, "Certificate not trusted: self-signed", "Compare the fingerprint with your GitLab admin. If it is the same, trust this certificate for this connection, or use a certificate of an authority.", You)
    {
        Means = "The server vouches for itself, so only the fingerprint tells it from somebody in between. On the GitLab server: openssl x509 -in /etc/gitlab/ssl/<name>.crt -noout -fingerprint -sha256",
    };

    public static readonly DiagnosisCode UnknownAuthority = new("tls-unknown-authority", Failed, "Certificate not trusted: unknown authority", "Add the authority's root certificate to this connection: compare the fingerprint with your GitLab admin first. The portal's operator can instead add it to the machine's trusted ones and restart the portal.", You)
    {
        Means = "Your organisation has an authority of its own, which this portal's machine does not know. The certificate itself may be perfect.",
    };

    public static readonly DiagnosisCode IncompleteChain = new("tls-incomplete-chain", Failed, "Certificate not trusted: chain incomplete", "Configure the full chain (server and intermediate certificates) in GitLab. If the authority is your own, add its root to this connection too.", GitLabAdmin)
    {
        Means = "The server sends its own certificate without the intermediate ones. Browsers often have them from elsewhere, which hides the mistake.",
        Setting = "the file of nginx['ssl_certificate'] in /etc/gitlab/gitlab.rb: server certificate first, then the intermediate ones",
    };

    public static readonly DiagnosisCode Invalid = new("tls-invalid", Failed, "Certificate not usable", "Issue a certificate for web servers (server authentication) by a common authority.", GitLabAdmin);
}
