using GitLabPortal.Kernel;
using static GitLabPortal.Kernel.FindingStatus;
using static GitLabPortal.Kernel.FixOwner;

namespace GitLabPortal.Connections;

/// <summary>What GitLab, or whatever answers in its place, can say to any call, with or without a token.</summary>
internal static class AnswerCodes
{
    public static readonly DiagnosisCode Starting = new("gitlab-starting", Failed, "GitLab is starting or down", "Wait a few minutes. If it stays, look at the GitLab server: its application does not respond.", GitLabAdmin)
    {
        Means = "GitLab's front is up and says that the application behind it is not: just started, being upgraded, or crashed. On the server, gitlab-ctl status and gitlab-ctl tail puma tell which.",
    };
    public static readonly DiagnosisCode BadGateway = new("bad-gateway", Failed, "GitLab does not answer its proxy", "Start GitLab, or check the proxy in front of it.", GitLabAdmin);
    public static readonly DiagnosisCode Maintenance = new("gitlab-maintenance", Failed, "GitLab is under maintenance", "Wait until the maintenance is over.", Nobody);
    public static readonly DiagnosisCode Overloaded = new("gitlab-overloaded", Failed, "GitLab is overloaded", "Try again later. If it stays, look at the load of the GitLab server.", GitLabAdmin);
    public static readonly DiagnosisCode ServerError = new("gitlab-error", Failed, "GitLab reports an internal error", "Try again. If it stays, GitLab's log (production_json.log) names the cause.", GitLabAdmin);
    public static readonly DiagnosisCode RateLimited = new("rate-limited", Failed, "GitLab asks to slow down", "Wait, then try again. If it comes back, raise the limit for the token's account.", GitLabAdmin) { Setting = "Admin, Settings, Network, User and IP rate limits" };
    public static readonly DiagnosisCode TooLargeRequest = new("request-too-large", Failed, "Request refused as too large (413)", "Raise the proxy's limit for the size of requests.", NetworkAdmin) { Setting = "client_max_body_size of nginx; nginx['client_max_body_size'] in /etc/gitlab/gitlab.rb" };
    public static readonly DiagnosisCode TooLongAddress = new("request-address-too-long", Failed, "Address refused as too long (414)", "Raise the proxy's limit for the length of addresses.", NetworkAdmin) { Setting = "large_client_header_buffers of nginx, LimitRequestLine of Apache" };
    public static readonly DiagnosisCode TooLargeHeaders = new("request-headers-too-large", Failed, "Headers refused as too large (431)", "Raise the proxy's limit for headers: tokens may have several hundred characters.", NetworkAdmin) { Setting = "large_client_header_buffers of nginx, LimitRequestFieldSize of Apache" };
    public static readonly DiagnosisCode Rejected = new("request-rejected", Failed, "Request not accepted", "GitLab refuses a request that it should know. Its version may be very old, or a proxy changes requests.", GitLabAdmin);
    public static readonly DiagnosisCode Page = new("answer-is-a-page", Failed, "A web page instead of data", "Something in front of GitLab answers with a page, often a login gateway or a firewall. Let the portal's requests to /api/v4 pass.", NetworkAdmin);
    public static readonly DiagnosisCode Redirects = new("answer-redirects", Failed, "GitLab's API redirects", "The server's address has changed, or a gateway wants a login. Check the address of the connection.", You);
    public static readonly DiagnosisCode NotJson = new("answer-not-json", Failed, "Answer not understood", "Check that the address is GitLab's and that no proxy changes its answers.", GitLabAdmin);
    public static readonly DiagnosisCode Empty = new("answer-empty", Failed, "Empty answer", "Look at the proxy in front of GitLab: it answers without content.", GitLabAdmin);
    public static readonly DiagnosisCode CutOff = new("answer-cut-off", Failed, "Answer cut off", "The connection closes before the answer is complete. Look at time and size limits of the proxy in front of GitLab.", NetworkAdmin);
    public static readonly DiagnosisCode TooLargeAnswer = new("answer-too-large", Failed, "Answer too large", "If such answers are right, raise the portal's setting Outbound:MaxResponseBytes.", PortalOperator);
    public static readonly DiagnosisCode WrongShape = new("answer-wrong-shape", Failed, "Answer not understood", "A proxy or cache may change GitLab's answers, or this is not GitLab's own API.", GitLabAdmin);
    public static readonly DiagnosisCode NotFound = new("not-found", Failed, "Not found on GitLab", "It was removed, or the token's account may not see it.", GitLabAdmin);
    public static readonly DiagnosisCode RouteUnknown = new("route-unknown", Failed, "This GitLab does not know the call", "Its version is too old for this. Update GitLab.", GitLabAdmin);
}
