using System.Text.Json;
using GitLabPortal.GitLab;
using GitLabPortal.Kernel;

namespace GitLabPortal.Connections;

/// <summary>Reads fingerprints of GitLab, and of what stands in front of it, from an answer.</summary>
internal static class ServerSigns
{
    private static readonly string[] LoginMarks =
        ["type=\"password\"", "type='password'", "sign in", "log in", "login", "single sign", "authenticate", "oauth2", "access denied", "captcha"];

    /// <summary>Proves GitLab when true; most proxies' answers lack it, so false proves nothing.</summary>
    public static bool AreGitLabs(GitLabAnswer answer) =>
        answer.Header("X-Gitlab-Meta") is not null
        || (answer.Header("Set-Cookie")?.Contains("_gitlab_session", StringComparison.Ordinal) ?? false)
        || (answer.IsHtml && answer.Beginning.Contains("content=\"GitLab\" property=\"og:site_name\"", StringComparison.Ordinal))
        || (answer.IsHtml && answer.Beginning.Contains("property=\"og:site_name\" content=\"GitLab\"", StringComparison.Ordinal));

    /// <summary>What the web server or proxy calls itself; null when it is silent or says too much.</summary>
    public static string? Software(GitLabAnswer answer) =>
        answer.Header("Server") is { Length: > 0 and <= 60 } name && name.All(c => c is >= ' ' and <= '~' and not ('<' or '>')) ? name : null;

    /// <summary>What <c>/api/v4/version</c> says without a token.</summary>
    public static bool IsApi(GitLabAnswer answer)
    {
        if (!answer.IsJson || answer.IsLong) return false;
        try
        {
            using var document = JsonDocument.Parse(answer.Body);
            var root = document.RootElement;
            if (root.ValueKind is not JsonValueKind.Object) return false;
            return answer.Status switch
            {
                401 => root.TryGetProperty("message", out var message) && message.ValueKind is JsonValueKind.String && message.GetString() == "401 Unauthorized",
                200 => root.TryGetProperty("version", out _) && root.TryGetProperty("revision", out _),
                _ => false,
            };
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Only GitLab says this: 410 for its third API.</summary>
    public static bool IsOldApiRefusal(GitLabAnswer answer) =>
        answer.Status == 410 && answer.Beginning.Contains("API V3 is no longer supported", StringComparison.OrdinalIgnoreCase);

    /// <summary>Answers that say what is wrong whatever the server is.</summary>
    public static Finding? Trouble(GitLabAnswer answer) => answer switch
    {
        { Status: 400, IsHtml: true } when answer.Beginning.Contains("plain HTTP request was sent to HTTPS port", StringComparison.OrdinalIgnoreCase) =>
            ServerCodes.HttpsExpected.Saw("The server says that a plain HTTP request was sent to its HTTPS port."),
        { Status: 400, IsHtml: true } when answer.Beginning.Contains("No required SSL certificate", StringComparison.OrdinalIgnoreCase) =>
            TlsCodes.ClientCertificate.Saw("The server says that no required client certificate was sent."),
        { Status: 413 or 414 or 429 or 431 or >= 500 } => GitLabFailures.ToFinding(GitLabFailure.Of(answer, TimeProvider.System)),
        _ => null,
    };

    /// <summary>The likely reason why this is not GitLab's API; null for an ordinary "not here".</summary>
    public static Finding? Clue(GitLabAnswer answer, InstanceUrl asked)
    {
        if (answer.Body.Length == 0 && answer.IsSuccess) return AnswerCodes.Empty.Saw($"{asked.BaseUrl} answered {answer.Status} without any content.");
        if (answer.Status is 401 or 407 && answer.Header("WWW-Authenticate") is not null)
            return ServerCodes.LoginGateway.Saw($"{asked.BaseUrl} asks for a user name and password (status {answer.Status}) before anything else.");
        if (!answer.IsHtml || answer.Status is 404) return null;
        var page = answer.Beginning;
        return answer.Status is 401 or 403 || Array.Exists(LoginMarks, m => page.Contains(m, StringComparison.OrdinalIgnoreCase))
            ? ServerCodes.LoginGateway.Saw($"{asked.BaseUrl} answered with a login or refusal page (status {answer.Status}) instead of GitLab's API.")
            : null;
    }
}
