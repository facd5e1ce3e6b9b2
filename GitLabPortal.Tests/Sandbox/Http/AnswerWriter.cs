using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>Puts an answer on the wire with the headers that its source adds.</summary>
internal sealed class AnswerWriter(HttpContext context, GitLabRelease release, DateTimeOffset date, Action<int> onStatus)
{
    public async Task SendAsync(Answer answer, CancellationToken cancellationToken)
    {
        if (answer is { Status: 200, Source: AnswerSource.Rails, IsPage: false } && context.Request.Method is "GET" or "HEAD")
        {
            var tag = $"W/\"{Convert.ToHexStringLower(SHA256.HashData(answer.Body.Span))[..32]}\"";
            answer.With("ETag", tag);
            if (context.Request.Headers.IfNoneMatch.ToString() == tag)
            {
                Start(new Answer { Status = 304, Headers = answer.Headers }, contentLength: null);
                return;
            }
        }

        Start(answer, answer.Status is 204 or 304 ? null : answer.Body.Length);
        if (answer.Body.Length > 0)
            await WriteAsync(answer.Body, cancellationToken);
    }

    public void Start(Answer answer, int? contentLength)
    {
        onStatus(answer.Status);
        var response = context.Response;
        response.StatusCode = answer.Status;
        if (answer.ContentType is { } type)
            response.ContentType = type;
        response.ContentLength = contentLength;
        var headers = response.Headers;
        headers.Date = date.ToString("R", CultureInfo.InvariantCulture);
        headers.Server = answer.Source is AnswerSource.Foreign ? "gateway" : "nginx";
        if (answer.Source is AnswerSource.Rails)
            Sign(answer, headers);
        foreach (var (name, value) in answer.Headers)
            headers[name] = value;
    }

    public Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        context.Response.Body.WriteAsync(bytes, cancellationToken).AsTask();

    public void Reset()
    {
        if (!context.Response.HasStarted)
            onStatus(0);
        context.Abort();
    }

    public Task ResetAsync()
    {
        Reset();
        return Task.CompletedTask;
    }

    private void Sign(Answer answer, IHeaderDictionary headers)
    {
        var correlation = Guid.CreateVersion7(date).ToString("N").ToUpperInvariant()[..26];
        headers["X-Request-Id"] = correlation;
        headers["X-Runtime"] = "0.042000";
        if (release.Has(Capability.AnswersCarryMeta))
            headers["X-Gitlab-Meta"] = $$"""{"correlation_id":"{{correlation}}","version":"1"}""";
        headers.XFrameOptions = "SAMEORIGIN";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "strict-origin-when-cross-origin";
        headers.CacheControl = answer.Status < 400 ? "max-age=0, private, must-revalidate" : "no-cache";
        if (context.Request.IsHttps)
            headers.StrictTransportSecurity = "max-age=63072000";
        if (answer.IsPage)
        {
            var session = answer.Session ?? Deterministic.Hex(correlation, 32);
            if (answer.Session is not null || !context.Request.Cookies.ContainsKey("_gitlab_session"))
                headers.SetCookie = $"_gitlab_session={session}; path=/; HttpOnly{(context.Request.IsHttps ? "; secure; SameSite=None" : "")}";
            return;
        }

        headers.Vary = "Origin";
        if (release.Has(Capability.AnswersCarryMeta))
            headers.ContentSecurityPolicy = "default-src 'none'";
    }
}
