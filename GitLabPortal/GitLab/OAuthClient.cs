using System.Text.Json;
using System.Text.Json.Serialization;

namespace GitLabPortal.GitLab;

/// <summary>An OAuth application, as its owner knows it.</summary>
public sealed record OAuthApplication(string ClientId, string Secret)
{
    public override string ToString() => $"{nameof(OAuthApplication)} {{ ClientId = {ClientId} }}";
}

/// <summary>Two tokens that GitLab gave for a code or for an older pair.</summary>
/// <param name="AccessToken">For <see cref="GitLabClient"/> with <c>isOAuth</c>.</param>
/// <param name="RefreshToken">Good for one new pair; dies when that one is used for the first time (FACTS 5.3).</param>
/// <param name="Lifetime">Of the access token; GitLab's own number, which administrators may change.</param>
/// <param name="Scopes">What was granted.</param>
public sealed record OAuthPair(string AccessToken, string? RefreshToken, TimeSpan Lifetime, IReadOnlyList<string> Scopes)
{
    public override string ToString() => $"{nameof(OAuthPair)} {{ Lifetime = {Lifetime}, Scopes = {string.Join(' ', Scopes)} }}";
}

public enum OAuthRefusal
{
    Other,

    /// <summary>GitLab does not know the application, or not by this secret: it was deleted or its secret renewed.</summary>
    UnknownApplication,

    /// <summary>The code or refresh token is used, expired, revoked, or was given for something else.</summary>
    GrantRefused,
}

/// <summary>GitLab's OAuth side understood the request and refused it.</summary>
public sealed class GitLabOAuthException(OAuthRefusal refusal, int status)
    : GitLabException(CodeOf(refusal), $"GitLab's token endpoint answered {status}: {refusal}.")
{
    public OAuthRefusal Refusal { get; } = refusal;

    private static string CodeOf(OAuthRefusal refusal) => refusal switch
    {
        OAuthRefusal.UnknownApplication => "oauth-application-unknown",
        OAuthRefusal.GrantRefused => "oauth-grant-refused",
        _ => "oauth-refused",
    };
}

/// <summary>
/// The token endpoint of one GitLab server (FACTS 5.2 to 5.5). Nothing is sent twice by itself. Throws the <see cref="GitLabException"/>
/// family; no message holds a token, a code or a secret.
/// </summary>
public sealed class OAuthClient(HttpClient http, Uri baseUrl, TimeProvider time)
{
    private readonly string root = baseUrl.GetLeftPart(UriPartial.Path).TrimEnd('/');

    /// <summary>Trades the code of a redirect for tokens.</summary>
    public Task<OAuthPair> ExchangeAsync(OAuthApplication application, string code, string verifier, string redirectUri, CancellationToken cancellation) =>
        AskAsync(application, [new("grant_type", "authorization_code"), new("code", code), new("code_verifier", verifier), new("redirect_uri", redirectUri)], cancellation);

    /// <summary>A lost answer may be asked for again with the same token, as long as the new access token was never used (FACTS 5.3).</summary>
    public Task<OAuthPair> RefreshAsync(OAuthApplication application, string refreshToken, string redirectUri, CancellationToken cancellation) =>
        AskAsync(application, [new("grant_type", "refresh_token"), new("refresh_token", refreshToken), new("redirect_uri", redirectUri)], cancellation);

    /// <summary>Ends a token and its pair; GitLab answers the same for one that is gone already.</summary>
    public async Task RevokeAsync(OAuthApplication application, string token, CancellationToken cancellation)
    {
        var answer = await PostAsync("/oauth/revoke", application, [new("token", token)], cancellation);
        if (!answer.IsSuccess) throw Failure(answer);
    }

    /// <summary>
    /// Whether GitLab still knows the application by this secret: it looks at the application before it looks at the code, and a code
    /// that was never given is refused without any effect.
    /// </summary>
    public async Task<bool> KnowsAsync(OAuthApplication application, string redirectUri, CancellationToken cancellation)
    {
        try
        {
            await ExchangeAsync(application, "asks-whether-the-application-is-known", new string('0', 43), redirectUri, cancellation);
            return true;
        }
        catch (GitLabOAuthException e) when (e.Refusal is OAuthRefusal.GrantRefused)
        {
            return true;
        }
        catch (GitLabOAuthException e) when (e.Refusal is OAuthRefusal.UnknownApplication)
        {
            return false;
        }
    }

    private async Task<OAuthPair> AskAsync(OAuthApplication application, KeyValuePair<string, string>[] fields, CancellationToken cancellation)
    {
        var answer = await PostAsync("/oauth/token", application, fields, cancellation);
        if (!answer.IsSuccess) throw Failure(answer);
        var body = Read(answer, OAuthJson.Default.PairBody);
        return body?.AccessToken is { Length: > 0 and <= 4096 } token && string.Equals(body.TokenType, "bearer", StringComparison.OrdinalIgnoreCase)
            ? new(token, body.RefreshToken, TimeSpan.FromSeconds(Math.Clamp(body.ExpiresIn ?? 7200, 1, 31_536_000)), body.Scope?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [])
            : throw new GitLabUnexpectedAnswerException(answer.IsHtml ? UnexpectedKind.Html : UnexpectedKind.WrongShape, "The answer holds no tokens.") { Status = answer.Status };
    }

    private Task<GitLabAnswer> PostAsync(string path, OAuthApplication application, KeyValuePair<string, string>[] fields, CancellationToken cancellation)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, root + path)
        {
            Content = new FormUrlEncodedContent([.. fields, new("client_id", application.ClientId), new("client_secret", application.Secret)]),
        };
        request.Headers.Accept.ParseAdd("application/json");
        request.Headers.UserAgent.ParseAdd("GitLabPortal");
        return FetchAsync(request, cancellation);
    }

    private async Task<GitLabAnswer> FetchAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        using (request) return await GitLabAnswer.FetchAsync(http, request, cancellation);
    }

    private GitLabException Failure(GitLabAnswer answer)
    {
        if (answer.Status is not (400 or 401 or 403) || Read(answer, OAuthJson.Default.OAuthErrorBody)?.Error is not { } error) return GitLabFailure.Of(answer, time);
        var refusal = error switch
        {
            "invalid_client" or "unauthorized_client" => OAuthRefusal.UnknownApplication,
            "invalid_grant" => OAuthRefusal.GrantRefused,
            _ => OAuthRefusal.Other,
        };
        return new GitLabOAuthException(refusal, answer.Status) { Status = answer.Status };
    }

    private static T? Read<T>(GitLabAnswer answer, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        if (!answer.IsJson || answer.IsLong) return null;
        try
        {
            return JsonSerializer.Deserialize(answer.Body.Span, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

internal sealed class PairBody
{
    public string? AccessToken { get; set; }
    public string? TokenType { get; set; }
    public long? ExpiresIn { get; set; }
    public string? RefreshToken { get; set; }
    public string? Scope { get; set; }
}

internal sealed class OAuthErrorBody
{
    public string? Error { get; set; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(TolerantText), typeof(TolerantNumber), typeof(TolerantDate), typeof(TolerantBoolean), typeof(TolerantTexts)])]
[JsonSerializable(typeof(PairBody))]
[JsonSerializable(typeof(OAuthErrorBody))]
[JsonSerializable(typeof(CreatedApplicationBody))]
[JsonSerializable(typeof(CreatedApplicationBody[]))]
[JsonSerializable(typeof(CreatedTokenBody))]
[JsonSerializable(typeof(CreatedTokenBody[]))]
[JsonSerializable(typeof(AdminUserBody))]
[JsonSerializable(typeof(AdminUserBody[]))]
internal sealed partial class OAuthJson : JsonSerializerContext;
