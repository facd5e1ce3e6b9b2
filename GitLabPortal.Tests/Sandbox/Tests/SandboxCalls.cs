using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace GitLabPortal.Tests.Sandbox.Tests;

internal sealed record Reply(int Status, string Body, string? ContentType, ILookup<string, string> Headers)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public string? Header(string name) => Headers[name].FirstOrDefault();

    public bool Has(string name) => Headers[name].Any();
}

/// <summary>Plain calls that follow nothing and retry nothing.</summary>
internal static class SandboxCalls
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
    });

    public static Task<Reply> GetAsync(this GitLabSandbox gitlab, string path, SandboxToken? token = null) =>
        gitlab.GetAsync(path, token?.Secret);

    public static Task<Reply> GetAsync(this GitLabSandbox gitlab, string path, string? secret, string header = "PRIVATE-TOKEN") =>
        gitlab.SendAsync(HttpMethod.Get, path, request =>
        {
            if (secret is not null)
                request.Headers.TryAddWithoutValidation(header, secret);
        });

    public static Task<Reply> GetAsBearerAsync(this GitLabSandbox gitlab, string path, SandboxToken token) =>
        gitlab.GetAsync(path, "Bearer " + token.Secret, "Authorization");

    public static Task<Reply> PostAsync(this GitLabSandbox gitlab, string path, SandboxToken token, string? json = "{}") =>
        gitlab.SendAsync(HttpMethod.Post, path, request =>
        {
            request.Headers.Add("PRIVATE-TOKEN", token.Secret);
            if (json is not null)
                request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        });

    public static Task<Reply> DeleteAsync(this GitLabSandbox gitlab, string path, SandboxToken token) =>
        gitlab.SendAsync(HttpMethod.Delete, path, request => request.Headers.Add("PRIVATE-TOKEN", token.Secret));

    public static Task<Reply> AsGitAsync(this GitLabSandbox gitlab, string path, string? password, HttpMethod? method = null) =>
        gitlab.SendAsync(method ?? HttpMethod.Get, path, request =>
        {
            if (password is not null)
                request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes("oauth2:" + password)));
        });

    public static async Task<Reply> SendAsync(this GitLabSandbox gitlab, HttpMethod method, string path, Action<HttpRequestMessage>? prepare = null, HttpClient? http = null)
    {
        using var request = new HttpRequestMessage(method, gitlab.At(path));
        prepare?.Invoke(request);
        using var response = await (http ?? Http).SendAsync(request);
        var headers = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
            .SelectMany(pair => pair.Value.Select(value => (pair.Key, Value: value)))
            .ToLookup(pair => pair.Key, pair => pair.Value, StringComparer.OrdinalIgnoreCase);
        return new Reply((int)response.StatusCode, await response.Content.ReadAsStringAsync(), headers["Content-Type"].FirstOrDefault(), headers);
    }
}
