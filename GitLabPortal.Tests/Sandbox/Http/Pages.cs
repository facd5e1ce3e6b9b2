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

    public const string OAuthError =
        "<!DOCTYPE html><html><head><meta content=\"GitLab\" property=\"og:site_name\"><title>Error · GitLab</title></head><body><h3>An error has occurred</h3><p>{0}</p></body></html>";

    public static string NginxError(string title) =>
        $"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

    public static string SignIn(string brand) =>
        $"<!DOCTYPE html><html lang=\"en\"><head><meta content=\"GitLab\" property=\"og:site_name\"><meta content=\"object\" property=\"og:type\"><title>Sign in · {brand}</title></head><body><h1>{brand}</h1><form action=\"/users/sign_in\" method=\"post\"></form></body></html>";
}
