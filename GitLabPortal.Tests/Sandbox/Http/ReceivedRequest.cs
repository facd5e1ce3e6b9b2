using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>
/// A request as GitLab's own routing sees it: the path stays percent-encoded, since <c>group%2Fproject</c> is one segment,
/// and is split from the relative root.
/// </summary>
internal sealed class ReceivedRequest
{
    public required string Method { get; init; }
    public required string Scheme { get; init; }
    public required string Host { get; init; }

    /// <summary>The path as sent, with the relative root.</summary>
    public required string FullPath { get; init; }

    /// <summary>The path below the relative root, squeezed and without a trailing slash; null when outside of the root.</summary>
    public required string? Path { get; init; }
    public required string RawQuery { get; init; }
    public required IHeaderDictionary Headers { get; init; }
    public string Body { get; init; } = "";
    public bool IsRead => Method is "GET" or "HEAD";
    public bool IsApi => Path is not null && (Path == "/api" || Path.StartsWith("/api/", StringComparison.Ordinal));

    public string? ContentType => Headers.ContentType.ToString() is { Length: > 0 } type ? type.Split(';')[0].Trim().ToLowerInvariant() : null;

    public static async Task<ReceivedRequest> ReadAsync(HttpContext context, string root, CancellationToken cancellationToken)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var queryAt = target.IndexOf('?', StringComparison.Ordinal);
        var fullPath = queryAt < 0 ? target : target[..queryAt];
        var body = "";
        if (context.Request.ContentLength is > 0 || context.Request.Headers.TransferEncoding.Count > 0)
        {
            using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
            body = await reader.ReadToEndAsync(cancellationToken);
        }

        return new ReceivedRequest
        {
            Method = context.Request.Method,
            Scheme = context.Request.Scheme,
            Host = context.Request.Host.Value ?? "",
            FullPath = fullPath,
            Path = BelowRoot(fullPath, root),
            RawQuery = queryAt < 0 ? "" : target[(queryAt + 1)..],
            Headers = context.Request.Headers,
            Body = body,
        };
    }

    public ReceivedRequest WithPath(string path) => new()
    {
        Method = Method,
        Scheme = Scheme,
        Host = Host,
        FullPath = FullPath,
        Path = path,
        RawQuery = RawQuery,
        Headers = Headers,
        Body = Body,
    };

    private static string? BelowRoot(string fullPath, string root)
    {
        if (root.Length > 0)
        {
            if (!fullPath.StartsWith(root, StringComparison.Ordinal) || (fullPath.Length > root.Length && fullPath[root.Length] != '/'))
                return null;
            fullPath = fullPath[root.Length..];
        }

        var squeezed = new StringBuilder(fullPath.Length);
        foreach (var c in fullPath)
        {
            if (c != '/' || squeezed.Length == 0 || squeezed[^1] != '/')
                squeezed.Append(c);
        }

        if (squeezed.Length > 1 && squeezed[^1] == '/')
            squeezed.Length--;
        return squeezed.Length == 0 ? "/" : squeezed.ToString();
    }
}
