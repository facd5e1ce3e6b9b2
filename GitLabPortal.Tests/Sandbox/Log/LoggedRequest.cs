namespace GitLabPortal.Tests.Sandbox;

/// <summary>One request as it arrived. Secrets are never kept: tokens appear by id, secret parameters as dots.</summary>
public sealed class LoggedRequest
{
    public required int Number { get; init; }
    public required DateTimeOffset At { get; init; }
    public required string Method { get; init; }

    /// <summary>Below the relative root, as sent (percent-encoded); the full path when it lies outside of the root.</summary>
    public required string Path { get; init; }

    /// <summary>With the relative root.</summary>
    public required string FullPath { get; init; }
    public required string Query { get; init; }
    public required string Scheme { get; init; }
    public required string Host { get; init; }
    public required string UserAgent { get; init; }
    public string? ContentType { get; init; }

    /// <summary>The token that was sent, dead or alive; null when none or an unknown one was sent.</summary>
    public required long? TokenId { get; init; }

    /// <summary>PRIVATE-TOKEN, Authorization, a parameter's name, or null.</summary>
    public required string? SentAs { get; init; }

    /// <summary>0 until the answer is decided, and for good when the connection was cut instead.</summary>
    public int Status { get; internal set; }
    public string? Fault { get; internal set; }
    public TimeSpan Duration { get; internal set; }

    public override string ToString() => $"#{Number} {Method} {FullPath}{(Query.Length > 0 ? "?" : "")}{Query} -> {Status}{(Fault is null ? "" : $" ({Fault})")}";
}
