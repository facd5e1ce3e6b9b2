using System.Text;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>Who in front of or inside GitLab made the answer. Only Rails signs with X-Gitlab-Meta and X-Request-Id.</summary>
internal enum AnswerSource
{
    Rails,
    Workhorse,
    Nginx,
    Foreign,
}

internal sealed class Answer
{
    public required int Status { get; init; }
    public string? ContentType { get; init; }
    public ReadOnlyMemory<byte> Body { get; init; }
    public AnswerSource Source { get; init; } = AnswerSource.Rails;
    public List<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Web pages are not API answers: other headers, a session cookie.</summary>
    public bool IsPage { get; init; }

    /// <summary>A session that the browser shall keep from now on.</summary>
    public string? Session { get; init; }

    /// <summary>Done before it is sent, outside of the world's lock.</summary>
    public Func<CancellationToken, Task>? Before { get; set; }

    public Answer With(string name, string value)
    {
        Headers.Add(new(name, value));
        return this;
    }

    public static Answer Text(int status, string text, string contentType, AnswerSource source = AnswerSource.Rails) => new()
    {
        Status = status,
        ContentType = contentType,
        Body = Encoding.UTF8.GetBytes(text),
        Source = source,
    };

    public static Answer Json(int status, string json) => Text(status, json, "application/json");

    public static Answer Html(int status, string html, AnswerSource source = AnswerSource.Rails, string? session = null) => new()
    {
        Status = status,
        ContentType = "text/html; charset=utf-8",
        Body = Encoding.UTF8.GetBytes(html),
        Source = source,
        Session = session,
        IsPage = source is AnswerSource.Rails,
    };

    /// <summary>Rails' 302 with its little body.</summary>
    public static Answer RedirectPage(string location, string? session = null) =>
        Html(302, $"<html><body>You are being <a href=\"{System.Net.WebUtility.HtmlEncode(location)}\">redirected</a>.</body></html>", session: session).With("Location", location);

    public static Answer Empty(int status) => new() { Status = status };
}
