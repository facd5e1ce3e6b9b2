using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Polly;
using Polly.Retry;

namespace GitLabPortal.GitLab;

/// <summary>How often a safe request is tried again, and how long it waits in between.</summary>
/// <param name="MaxRetries">0 leaves it to the caller.</param>
/// <param name="FirstDelay">Doubles with each try, with jitter; what GitLab asks for in <c>Retry-After</c> goes first.</param>
/// <param name="LongestWait">If GitLab asks for more than this, the failure is reported at once instead.</param>
public sealed record GitLabRetry(int MaxRetries, TimeSpan FirstDelay, TimeSpan LongestWait)
{
    public static readonly GitLabRetry Default = new(2, TimeSpan.FromMilliseconds(400), TimeSpan.FromSeconds(20));

    public static readonly GitLabRetry None = Default with { MaxRetries = 0 };
}

/// <summary>Sends requests to one server with one token, and reads what comes back or why it does not.</summary>
internal sealed class GitLabTransport
{
    /// <summary>GitLab's pages hold 100; lists that old versions do not page may hold more.</summary>
    private const int MaxRows = 1000;

    /// <summary>In bytes; a page of 100 projects takes half of it.</summary>
    private const int LongestPage = 1_000_000;

    private readonly HttpClient http;
    private readonly Uri api;
    private readonly string? token;
    private readonly TimeProvider time;
    private readonly bool isOAuth;
    private readonly ResiliencePipeline pipeline;

    public GitLabTransport(HttpClient http, Uri baseUrl, string? token, TimeProvider time, GitLabRetry retry, bool isOAuth = false)
    {
        // A header would refuse or mangle it, and the framework's own exception could quote it.
        if (token is not null && (token.Length == 0 || token.Any(c => c is < '!' or > '~')))
            throw new ArgumentException("The token holds characters that cannot be sent.", nameof(token));

        this.http = http;
        this.token = token;
        this.time = time;
        this.isOAuth = isOAuth;
        BaseUrl = baseUrl;
        api = new Uri(baseUrl.GetLeftPart(UriPartial.Path).TrimEnd('/') + "/api/v4/");
        pipeline = Pipeline(retry, time);
    }

    public Uri BaseUrl { get; }

    /// <summary>Reads one object or list. Throws the <see cref="GitLabException"/> family.</summary>
    /// <param name="path">Below <c>/api/v4/</c>, with its query.</param>
    public async Task<(T Value, GitLabAnswer Answer)> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellation)
        where T : class
    {
        var answer = await GetAnswerAsync(path, cancellation);
        return (Read(answer, type), answer.Recycled());
    }

    /// <summary>Creates something. Sent once: after a lost answer nobody knows whether it was done.</summary>
    public Task<T> PostAsync<T>(string path, JsonObject body, JsonTypeInfo<T> type, CancellationToken cancellation)
        where T : class => WriteAsync(HttpMethod.Post, path, body, type, cancellation);

    /// <summary>Changes something. Sent once.</summary>
    public Task<T> PutAsync<T>(string path, JsonObject body, JsonTypeInfo<T> type, CancellationToken cancellation)
        where T : class => WriteAsync(HttpMethod.Put, path, body, type, cancellation);

    /// <summary>Removes something; what is gone already throws <see cref="GitLabNotFoundException"/>.</summary>
    public async Task DeleteAsync(string path, CancellationToken cancellation)
    {
        using var request = Request(HttpMethod.Delete, path);
        request.Content = Json("");
        await WriteAsync(request, cancellation);
    }

    private async Task<T> WriteAsync<T>(HttpMethod method, string path, JsonObject body, JsonTypeInfo<T> type, CancellationToken cancellation)
        where T : class
    {
        using var request = Request(method, path);
        request.Content = Json(body.ToJsonString());
        var answer = await WriteAsync(request, cancellation);
        return answer.IsJson && answer.Body.Length > 0 ? Read(answer, type) : throw GitLabFailure.Of(answer, time);
    }

    private async Task<GitLabAnswer> WriteAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        var answer = await GitLabAnswer.FetchAsync(http, request, cancellation);
        return answer.IsSuccess ? answer : throw GitLabFailure.Of(answer, time);
    }

    /// <summary>Without this type, even for an empty body, maintenance mode answers a write with a redirect instead of saying so.</summary>
    private static StringContent Json(string text) => new(text, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));

    private static T Read<T>(GitLabAnswer answer, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            // Looked at before only when it is longer than any page: counting takes as long as reading.
            if (answer.Body.Length > LongestPage && HasTooManyRows(answer.Body.Span)) throw TooManyRows();
            var value = JsonSerializer.Deserialize(answer.Body.Span, type) ?? throw WrongShape(null);
            return value is Array { Length: > MaxRows } ? throw TooManyRows() : value;
        }
        catch (JsonException e)
        {
            throw WrongShape(e);
        }
    }

    /// <summary>The answer of a GET that succeeded with JSON.</summary>
    public Task<GitLabAnswer> GetAnswerAsync(string path, CancellationToken cancellation) =>
        pipeline.ExecuteAsync(static async (state, ct) => await state.Self.SendOnceAsync(state.Path, ct), (Self: this, Path: path), cancellation).AsTask();

    private async ValueTask<GitLabAnswer> SendOnceAsync(string path, CancellationToken cancellation)
    {
        using var request = Request(HttpMethod.Get, path);
        var answer = await GitLabAnswer.FetchAsync(http, request, cancellation);
        return answer.IsSuccess && answer.IsJson && answer.Body.Length > 0 ? answer : throw GitLabFailure.Of(answer, time);
    }

    private HttpRequestMessage Request(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, new Uri(api, path));
        request.Headers.Accept.ParseAdd("application/json");
        request.Headers.UserAgent.ParseAdd("GitLabPortal");
        // GitLab does not find an OAuth token that stands in its own header.
        if (token is not null && isOAuth) request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        else if (token is not null) request.Headers.TryAddWithoutValidation("PRIVATE-TOKEN", token);
        return request;
    }

    /// <summary>Counted before anything is built of them: 20 MB of <c>{"id":1}</c> are two million objects of a hundred times that size.</summary>
    private static GitLabUnexpectedAnswerException TooManyRows() => new(UnexpectedKind.WrongShape, "The list holds more than one page.");

    private static bool HasTooManyRows(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        if (!reader.Read() || reader.TokenType is not JsonTokenType.StartArray) return false;
        var rows = 0;
        while (reader.Read() && reader.TokenType is not JsonTokenType.EndArray)
        {
            if (++rows > MaxRows) return true;
            reader.Skip();
        }

        return false;
    }

    // The inner exception's text quotes a path and a position, never a value.
    private static GitLabUnexpectedAnswerException WrongShape(Exception? inner) =>
        new(UnexpectedKind.WrongShape, "The answer is not what this call returns.", inner);

    private static ResiliencePipeline Pipeline(GitLabRetry retry, TimeProvider time)
    {
        if (retry.MaxRetries == 0) return ResiliencePipeline.Empty;
        return new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = retry.MaxRetries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = retry.FirstDelay,
                MaxDelay = retry.LongestWait,
                ShouldHandle = new PredicateBuilder().Handle<GitLabException>(e => e.IsTransient && !(e.RetryAfter > retry.LongestWait)),
                DelayGenerator = static arguments => ValueTask.FromResult((arguments.Outcome.Exception as GitLabException)?.RetryAfter),
            })
            .Build();
    }
}
