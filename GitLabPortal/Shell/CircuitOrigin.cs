using GitLabPortal.Security;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Shell;

/// <summary>
/// Lets only the portal's own pages open its connection for live pages. Browsers let any page open a web socket to anywhere, and
/// cookies know neither ports nor, below one domain, hosts: a page of another service on this machine would act as whoever is signed in.
/// </summary>
internal static partial class CircuitOrigin
{
    public static IApplicationBuilder UseCircuitOriginCheck(this WebApplication app)
    {
        var portal = app.Services.GetRequiredService<IOptions<PortalOptions>>().Value;
        return app.Use((context, next) =>
        {
            var request = context.Request;
            if (!request.Path.StartsWithSegments("/_blazor", StringComparison.OrdinalIgnoreCase) || IsOwn(request, portal.PublicUrl)) return next(context);

            LogRefused(app.Logger, request.Headers.Origin.ToString(), request.Host.Value ?? "");
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        });
    }

    private static bool IsOwn(HttpRequest request, string publicUrl)
    {
        // Programs other than browsers send none, and have no cookie that they were not given.
        var origin = request.Headers.Origin.ToString();
        if (origin.Length == 0) return true;
        // The browser's own word, which no page can change, and no proxy that rewrites the host either.
        if (request.Headers["Sec-Fetch-Site"].ToString() is { Length: > 0 } relation) return relation is "same-origin" or "none";
        // The scheme does not count: a proxy in front may take off TLS without a word.
        return Uri.TryCreate(origin, UriKind.Absolute, out var from)
            && (IsAt(from, request.Host.Host, request.Host.Port) || (Uri.TryCreate(publicUrl, UriKind.Absolute, out var own) && IsAt(from, own.Host, own.Port)));
    }

    private static bool IsAt(Uri origin, string host, int? port) =>
        string.Equals(origin.Host, host, StringComparison.OrdinalIgnoreCase) && (port is null ? origin.IsDefaultPort : origin.Port == port);

    [LoggerMessage(LogLevel.Warning, "A page of {Origin} wanted to open a connection of {Host} and was refused. If people reach the portal by that address, set Portal:PublicUrl to it")]
    private static partial void LogRefused(ILogger logger, string origin, string host);
}
