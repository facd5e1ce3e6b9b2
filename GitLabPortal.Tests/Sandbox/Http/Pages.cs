namespace GitLabPortal.Tests.Sandbox;

/// <summary>HTML that a client may meet where it expected JSON. Own words; only the marks that a client could look at are as in the originals.</summary>
internal static class Pages
{
    public const string WaitingForGitLab =
        "<!DOCTYPE html><html><head><title>Waiting for GitLab to boot</title></head><body><h1>502</h1><p>Waiting for GitLab to boot</p></body></html>";

    public const string Deploy = "<!DOCTYPE html><html><head><title>Deploy in progress</title></head><body><h1>We will be back soon</h1></body></html>";

    public const string SsoGateway =
        "<!DOCTYPE html><html><head><title>Company sign-in</title></head><body><form method=\"post\" action=\"/oauth2/start\"><button>Sign in</button></form></body></html>";

    public const string Help = "<!DOCTYPE html><html lang=\"en\"><head><meta content=\"GitLab\" property=\"og:site_name\"><title>Help · GitLab</title></head><body><h1>GitLab</h1></body></html>";

    public const string NotFound = "<!DOCTYPE html><html><head><title>Not Found</title></head><body><h1>404: Page not found</h1></body></html>";

    public static string OAuthError(string reason) => Page("Error · GitLab", $"<h3>An error has occurred</h3><p>{Encode(reason)}</p>");

    /// <summary>Anybody may sign in as anybody: the password is not looked at.</summary>
    public static string SignIn(string brand, string root, string? refusal = null) => Page($"Sign in · {Encode(brand)}",
        $"<h1>{Encode(brand)}</h1>{(refusal is null ? "" : $"<p role=\"alert\">{Encode(refusal)}</p>")}<form action=\"{root}/users/sign_in\" method=\"post\">"
        + "<label>Username <input name=\"user[login]\" autocomplete=\"username\"></label><label>Password <input type=\"password\" name=\"user[password]\"></label><button>Sign in</button></form>");

    public static string Consent(string root, string application, string user, IEnumerable<KeyValuePair<string, string>> fields)
    {
        var hidden = string.Concat(fields.Select(f => $"<input type=\"hidden\" name=\"{Encode(f.Key)}\" value=\"{Encode(f.Value)}\">"));
        return Page("Authorize · GitLab",
            $"<h1>{Encode(application)} is requesting access to your account on GitLab</h1><p>Signed in as {Encode(user)}</p>"
            + $"<form action=\"{root}/oauth/authorize\" method=\"post\">{hidden}<button>Authorize</button></form>"
            + $"<form action=\"{root}/oauth/authorize\" method=\"post\"><input type=\"hidden\" name=\"_method\" value=\"delete\">{hidden}<button>Deny</button></form>");
    }

    /// <summary>For trusted and known applications GitLab redirects with a script instead of a 302.</summary>
    public static string ScriptRedirect(string location) => Page("GitLab",
        $"<h3>Redirecting</h3><a href=\"{Encode(location)}\">Click here to redirect to {Encode(location)}</a><script>window.location = {System.Text.Json.JsonSerializer.Serialize(location)};</script>");

    public static string NginxError(string title) =>
        $"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

    private static string Page(string title, string body) =>
        $"<!DOCTYPE html><html lang=\"en\"><head><meta content=\"GitLab\" property=\"og:site_name\"><title>{title}</title></head><body>{body}</body></html>";

    private static string Encode(string text) => System.Net.WebUtility.HtmlEncode(text);
}
