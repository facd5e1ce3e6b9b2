namespace GitLabPortal.Tests.Sandbox;

public sealed partial class Fault
{
    /// <summary>The server thinks for a while, then answers rightly.</summary>
    public static Fault Delay(TimeSpan by) => new($"slow by {by.TotalMilliseconds} ms") { DelayBefore = by };

    /// <summary>The Date header is off by this much; tokens are judged by the server's true time.</summary>
    public static Fault ClockSkew(TimeSpan by) => new($"clock off by {by}") { ClockSkewBy = by };

    /// <summary>The connection is reset in the middle of a body whose length was announced.</summary>
    public static Fault ResetMidBody() => new("reset in mid-body")
    {
        Deliver = static async (writer, answer, cancellationToken) =>
        {
            writer.Start(answer, answer.Body.Length);
            await writer.WriteAsync(answer.Body[..(answer.Body.Length / 2)], cancellationToken);
            writer.Reset();
        },
    };

    /// <summary>The connection is reset before any answer: the client cannot know whether the call took effect. It did.</summary>
    public static Fault LostAnswer() => new("answer lost") { Deliver = static (writer, _, _) => writer.ResetAsync() };

    /// <summary>Half a JSON document in a well-formed HTTP answer.</summary>
    public static Fault TruncatedJson() => new("truncated JSON")
    {
        Deliver = static async (writer, answer, cancellationToken) =>
        {
            var half = answer.Body[..(answer.Body.Length / 2)];
            writer.Start(answer, half.Length);
            await writer.WriteAsync(half, cancellationToken);
        },
    };

    /// <summary>Something in front of GitLab takes headers that it does not know off the answer.</summary>
    public static Fault ProxyDropsHeaders(params string[] names) => new($"without {string.Join(", ", names)}")
    {
        Deliver = (writer, answer, cancellationToken) =>
        {
            answer.Headers.RemoveAll(h => names.Contains(h.Key, StringComparer.OrdinalIgnoreCase));
            return writer.SendAsync(answer, cancellationToken);
        },
    };

    /// <summary>Right status and headers, no body.</summary>
    public static Fault EmptyBody() => new("empty body")
    {
        Deliver = static (writer, answer, _) =>
        {
            writer.Start(answer, 0);
            return Task.CompletedTask;
        },
    };

    /// <summary>The body arrives in small pieces with pauses.</summary>
    public static Fault Drip(int bytesPerPiece = 64, TimeSpan? pause = null) => new("drip")
    {
        Deliver = async (writer, answer, cancellationToken) =>
        {
            writer.Start(answer, answer.Body.Length);
            for (var at = 0; at < answer.Body.Length; at += bytesPerPiece)
            {
                await writer.WriteAsync(answer.Body.Slice(at, Math.Min(bytesPerPiece, answer.Body.Length - at)), cancellationToken);
                await Task.Delay(pause ?? TimeSpan.FromMilliseconds(20), cancellationToken);
            }
        },
    };

    /// <summary>The answer is right and waits at the gate.</summary>
    public static Fault Held(SandboxGate gate) => new("held")
    {
        Deliver = async (writer, answer, cancellationToken) =>
        {
            await gate.PassAsync(cancellationToken);
            await writer.SendAsync(answer, cancellationToken);
        },
    };

    /// <summary>Nothing is ever answered; ends when the client gives up or the sandbox is disposed.</summary>
    public static Fault Hang() => new("hang")
    {
        Deliver = static async (writer, _, cancellationToken) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            writer.Reset();
        },
    };
}
