using System.Buffers;
using System.Net.Http.Headers;
using System.Text;

namespace GitLabPortal.GitLab;

/// <summary>An answer with its whole body, whatever its status; at most as large as the client allows, decompressed.</summary>
internal sealed record GitLabAnswer(int Status, HttpResponseHeaders Headers, string? MediaType, ReadOnlyMemory<byte> Body)
{
    private const int LongBody = 64 * 1024;

    private byte[]? rented;

    /// <summary>Of HTTP, as the server answered.</summary>
    public Version HttpVersion { get; init; } = System.Net.HttpVersion.Version11;

    public bool IsSuccess => Status is >= 200 and < 300;

    public bool IsHtml => MediaType is "text/html" or "application/xhtml+xml" || (MediaType is null && StartsWith("<"));

    public bool IsJson => MediaType is not null && (MediaType == "application/json" || MediaType.EndsWith("+json", StringComparison.Ordinal));

    /// <summary>The first part of the body as text, enough to recognise pages and messages.</summary>
    public string Beginning => Encoding.UTF8.GetString(Body.Span[..Math.Min(Body.Length, LongBody)]);

    /// <summary>Longer than any message or description of itself that a GitLab sends.</summary>
    public bool IsLong => Body.Length > LongBody;

    public string? Header(string name) => Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;

    private bool StartsWith(string text) => Encoding.UTF8.GetString(Body.Span[..Math.Min(Body.Length, 64)]).TrimStart().StartsWith(text, StringComparison.Ordinal);

    /// <summary>
    /// Sends and reads it all within <see cref="HttpClient.Timeout"/> and <see cref="HttpClient.MaxResponseContentBufferSize"/> (bytes after
    /// decompression). Redirects come back as they are. Throws <see cref="GitLabUnavailableException"/> and
    /// <see cref="GitLabUnexpectedAnswerException"/>; the caller's cancellation stays a cancellation.
    /// </summary>
    public static async Task<GitLabAnswer> FetchAsync(HttpClient http, HttpRequestMessage request, CancellationToken cancellation)
    {
        // Real time, not TimeProvider: sockets live in it, and HttpClient's own timeout does not cover the body of a streamed answer.
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (http.Timeout > TimeSpan.Zero) timeout.CancelAfter(http.Timeout);
        var phase = "waiting for an answer";
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timeout.Token);
            phase = "reading the answer";
            var (body, length) = await ReadAsync(response.Content, http.MaxResponseContentBufferSize, timeout.Token);
            return new((int)response.StatusCode, response.Headers, response.Content.Headers.ContentType?.MediaType?.ToLowerInvariant(), body.AsMemory(0, length))
            {
                rented = body,
                HttpVersion = response.Version,
            };
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
        catch (OperationCanceledException e)
        {
            throw new GitLabUnavailableException(UnavailableKind.TimedOut, $"Time ran out while {phase}.", e) { Phase = phase };
        }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.ConfigurationLimitExceeded)
        {
            throw new GitLabUnexpectedAnswerException(UnexpectedKind.TooLarge, "The answer is larger than allowed.", e);
        }
        catch (HttpRequestException e)
        {
            throw new GitLabUnavailableException(UnavailableKind.Network, "The server could not be reached.", e) { Phase = phase, IsWorthRetrying = IsPassing(e) };
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new GitLabUnexpectedAnswerException(UnexpectedKind.Truncated, "The connection closed before the answer was complete.", e);
        }
    }

    // Refused addresses, certificates and names do not get better in a second; broken connections may.
    private static bool IsPassing(HttpRequestException e) =>
        e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.ResponseEnded or HttpRequestError.NameResolutionError
        || (e.HttpRequestError is HttpRequestError.Unknown && e.InnerException is IOException);

    /// <summary>
    /// Gives the memory of the body back, for whoever has taken out what it needs: pages of half a megabyte, a thousand in a row, would
    /// otherwise make the process grow. The body must not be touched afterwards.
    /// </summary>
    public GitLabAnswer Recycled()
    {
        if (rented is not { } buffer) return this;
        rented = null;
        ArrayPool<byte>.Shared.Return(buffer);
        return this with { Body = default, rented = null };
    }

    private static async Task<(byte[] Buffer, int Length)> ReadAsync(HttpContent content, long limit, CancellationToken cancellation)
    {
        if (content.Headers.ContentLength > limit) throw TooLarge();
        await using var stream = await content.ReadAsStreamAsync(cancellation);
        // One byte more than announced, so that the end shows without growing.
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(content.Headers.ContentLength + 1 ?? 32 * 1024, int.MaxValue));
        var length = 0;
        try
        {
            for (int read; (read = await stream.ReadAsync(buffer.AsMemory(length), cancellation)) > 0;)
            {
                length += read;
                if (length > limit) throw TooLarge();
                if (length == buffer.Length) buffer = Grow(buffer);
            }
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }

        return (buffer, length);
    }

    private static byte[] Grow(byte[] full)
    {
        var larger = ArrayPool<byte>.Shared.Rent(full.Length * 2);
        full.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(full);
        return larger;
    }

    private static GitLabUnexpectedAnswerException TooLarge() => new(UnexpectedKind.TooLarge, "The answer is larger than allowed.");
}
