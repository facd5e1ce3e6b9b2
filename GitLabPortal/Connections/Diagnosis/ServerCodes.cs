using GitLabPortal.Kernel;
using static GitLabPortal.Kernel.FindingStatus;
using static GitLabPortal.Kernel.FixOwner;

namespace GitLabPortal.Connections;

/// <summary>What answers at the address, and whether it is GitLab.</summary>
internal static class ServerCodes
{
    public static readonly DiagnosisCode Waiting = new("waiting", FindingStatus.Waiting, "Not checked yet") { Means = "This check needs what an earlier one could not find. Put that right first." };

    public static readonly DiagnosisCode NotHttp = new("not-http", Failed, "Not a web server", "Check the port: another service listens there.", You);
    public static readonly DiagnosisCode NoAnswer = new("no-answer-in-time", Failed, "No answer in time", "The server accepts connections but is too slow or stuck. Check its load, then try again.", GitLabAdmin);
    public static readonly DiagnosisCode Answers = new("web-server-answers", Passed, "Web server");
    public static readonly DiagnosisCode OldHttp = new("http-1-0", Warning, "Old HTTP version", "Let the proxy in front of GitLab speak HTTP/1.1: every call needs a new connection now, and long answers may be cut off.", GitLabAdmin)
    {
        Means = "Something answers with HTTP/1.0. GitLab itself never does: a proxy in front of it does.",
    };

    public static readonly DiagnosisCode PlainHttpUsed = new("plain-http", Warning, "Not encrypted", "Set up https on the server when you can: the token travels unencrypted.", GitLabAdmin) { Setting = "external_url 'https://…' in /etc/gitlab/gitlab.rb" };
    public static readonly DiagnosisCode HttpOnly = new("http-only", Failed, "Only http answers", "Set up https on the server. Within a private network you may use the http address and accept that the token travels unencrypted.", GitLabAdmin) { Setting = "external_url 'https://…' in /etc/gitlab/gitlab.rb" };
    public static readonly DiagnosisCode RedirectToHttps = new("redirect-to-https", Failed, "The server wants https", "Use the https address.", You);
    public static readonly DiagnosisCode HttpsExpected = new("https-expected", Failed, "This port speaks https", "Use https:// with this port.", You);
    public static readonly DiagnosisCode RedirectElsewhere = new("redirect-elsewhere", Failed, "GitLab is at another address", "Use the address that the server redirects to, if you trust it.", You);
    public static readonly DiagnosisCode LoginGateway = new("login-gateway", Failed, "A login page is in front", "A single sign-on gateway or proxy asks people to sign in before they reach GitLab. Let requests to /api/v4 from the portal's address pass, or use an address behind the gateway.", NetworkAdmin)
    {
        Means = "What answered is not GitLab but something that asks for a login first. The portal never follows it and never sends a token there.",
    };

    public static readonly DiagnosisCode ApiBlocked = new("api-blocked", Failed, "GitLab's API is blocked", "GitLab's pages are there, but something in front does not let /api/v4 through. Allow it for the portal's address.", GitLabAdmin)
    {
        Means = "Seen alike: a rule that blocks /api, or a proxy that leaves out the relative root. If https://host/api/v4/version shows a page or an error of the proxy, it is the proxy.",
    };

    public static readonly DiagnosisCode NotGitLab = new("not-gitlab", Failed, "This is not GitLab", "Check the address. If GitLab runs below a path, such as https://example.com/gitlab, give the path too.", You);

    public static readonly DiagnosisCode IsGitLab = new("is-gitlab", Passed, "GitLab found");
    public static readonly DiagnosisCode AddressMatches = new("address-matches", Passed, "GitLab's own address");
    public static readonly DiagnosisCode AddressDiffers = new("address-differs", Warning, "GitLab calls itself by another address", "If people should use one address, set external_url in GitLab to it. Links and clone addresses show GitLab's own address.", GitLabAdmin)
    {
        Means = "All addresses that GitLab writes (links, clone addresses, its paging) come from external_url. The portal computes its own and goes on to work; people who follow GitLab's links go to the other address.",
        Setting = "external_url in /etc/gitlab/gitlab.rb, then gitlab-ctl reconfigure",
    };

    public static readonly DiagnosisCode ClockAgrees = new("clock-agrees", Passed, "Clock");
    public static readonly DiagnosisCode ClockDiffers = new("clock-differs", Warning, "Clocks differ", "Set the clocks by NTP on both machines: tokens and certificates expire by them.", GitLabAdmin);
}
