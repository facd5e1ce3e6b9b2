using GitLabPortal.GitLab;
using GitLabPortal.Kernel;

namespace GitLabPortal.Connections;

/// <summary>What a redirect means. None is ever followed; its target may be offered to a person.</summary>
/// <param name="Root">GitLab's own sign-in page was named: its root.</param>
/// <param name="Failure">The search ends here.</param>
internal sealed record Redirection(InstanceUrl? Root, Finding? Failure)
{
    private static readonly string[] GatewayMarks =
        ["oauth2", "saml", "authorize", "cdn-cgi/access", "redirect_uri=", "client_id=", "/adfs/", "/sso", "login", "signin", "/auth/"];

    public static Redirection? Of(GitLabAnswer answer, InstanceUrl asked, string path)
    {
        if (answer.Status is not (301 or 302 or 303 or 307 or 308)) return null;
        if (answer.Headers.Location is not { } location) return null;
        var from = new Uri(asked.ToUri(), path);
        if (!Uri.TryCreate(from, location, out var target) || (target.Scheme != Uri.UriSchemeHttps && target.Scheme != Uri.UriSchemeHttp)) return null;

        var keepsPath = target.AbsolutePath.EndsWith("/" + path, StringComparison.Ordinal);
        var text = keepsPath ? target.GetLeftPart(UriPartial.Path)[..^path.Length] : target.AbsoluteUri;
        var root = InstanceUrl.Parse(text) is { IsSuccess: true, Value: { } parsed } ? parsed : null;
        var isSignIn = target.AbsolutePath.EndsWith("/users/sign_in", StringComparison.Ordinal);
        if (root is not null && root.Authority == asked.Authority && root.IsPlainHttp == asked.IsPlainHttp)
            return keepsPath || isSignIn ? new(root, null) : new(null, null);

        var host = target.GetLeftPart(UriPartial.Authority);
        if (root is not null && (keepsPath || isSignIn))
        {
            return root.Host == asked.Host && asked.IsPlainHttp && !root.IsPlainHttp
                ? new(null, ServerCodes.RedirectToHttps.Saw($"{asked.BaseUrl} redirects to {root.BaseUrl}.", suggestion: root.BaseUrl))
                : new(null, ServerCodes.RedirectElsewhere.Saw($"{asked.BaseUrl} redirects to {root.BaseUrl}.", suggestion: root.BaseUrl));
        }

        var where = target.AbsoluteUri;
        if (Array.Exists(GatewayMarks, m => where.Contains(m, StringComparison.OrdinalIgnoreCase)) || root is null)
            return new(null, ServerCodes.LoginGateway.Saw($"{asked.BaseUrl} redirects to {host}, which asks people to sign in."));
        // To another site's page: its host is all that can be offered.
        return new(null, ServerCodes.RedirectElsewhere.Saw($"{asked.BaseUrl} redirects to {host}.", suggestion: root.Candidates()[^1].BaseUrl));
    }
}
