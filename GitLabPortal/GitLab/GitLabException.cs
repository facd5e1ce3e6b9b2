namespace GitLabPortal.GitLab;

/// <summary>
/// GitLab did not give what was asked for. The text is for developers and logs: it never holds a token, a header or a body that GitLab sent.
/// </summary>
public abstract class GitLabException(string code, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Stable, lower case with dashes, e.g. <c>token-expired</c>.</summary>
    public string Code { get; } = code;

    /// <summary>How long GitLab asks to wait before another try, if it said so.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The HTTP status, when there was an answer.</summary>
    public int? Status { get; init; }

    /// <summary>Whether the same safe request may work a moment later.</summary>
    internal virtual bool IsTransient => false;
}

public enum UnauthorizedReason
{
    /// <summary>GitLab answers the same text for a missing, unknown or mistyped token, switched-off tokens and some forbidden objects.</summary>
    Unknown,
    Expired,
    Revoked,
    ImpersonationDisabled,
    DPoP,
}

/// <summary>401: the token is not accepted (here). Only the reasons other than Unknown prove that it is dead.</summary>
public sealed class GitLabUnauthorizedException(UnauthorizedReason reason) : GitLabException(CodeOf(reason), $"GitLab answered 401: {reason}.")
{
    public UnauthorizedReason Reason { get; } = reason;

    private static string CodeOf(UnauthorizedReason reason) => reason switch
    {
        UnauthorizedReason.Expired => "token-expired",
        UnauthorizedReason.Revoked => "token-revoked",
        UnauthorizedReason.ImpersonationDisabled => "token-impersonation-off",
        UnauthorizedReason.DPoP => "token-needs-dpop",
        _ => "token-not-accepted",
    };
}

public enum ForbiddenReason
{
    /// <summary>GitLab says no more than 403: not an administrator, Admin Mode, or too many addresses use the token.</summary>
    Unspecified,
    InsufficientScope,
    Blocked,
    PendingApproval,
    Deactivated,
    TermsNotAccepted,
    PasswordExpired,
    EmailNotConfirmed,
    InternalUser,
    GranularPermission,
    ReadOnlyServer,
}

/// <summary>403: the token is alive, but it or its user may not do this.</summary>
public sealed class GitLabForbiddenException(ForbiddenReason reason) : GitLabException(CodeOf(reason), $"GitLab answered 403: {reason}.")
{
    public ForbiddenReason Reason { get; } = reason;

    /// <summary>Any one of these scopes would do; empty unless <see cref="ForbiddenReason.InsufficientScope"/>.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>Where the terms are accepted or the account is reactivated, as GitLab says.</summary>
    public Uri? Url { get; init; }

    /// <summary>The missing permission of a fine-grained token, e.g. <c>Project: Read</c>.</summary>
    public string? Permission { get; init; }

    private static string CodeOf(ForbiddenReason reason) => reason switch
    {
        ForbiddenReason.InsufficientScope => "token-scope-missing",
        ForbiddenReason.Blocked => "account-blocked",
        ForbiddenReason.PendingApproval => "account-pending",
        ForbiddenReason.Deactivated => "account-deactivated",
        ForbiddenReason.TermsNotAccepted => "account-terms",
        ForbiddenReason.PasswordExpired => "account-password-expired",
        ForbiddenReason.EmailNotConfirmed => "account-email-unconfirmed",
        ForbiddenReason.InternalUser => "account-internal",
        ForbiddenReason.GranularPermission => "token-permission-missing",
        ForbiddenReason.ReadOnlyServer => "gitlab-read-only",
        _ => "forbidden",
    };
}

/// <summary>404: it does not exist, or the token may not know that it does.</summary>
public sealed class GitLabNotFoundException(bool isUnknownRoute)
    : GitLabException(isUnknownRoute ? "route-unknown" : "not-found", isUnknownRoute ? "GitLab does not know this route." : "GitLab answered 404.")
{
    /// <summary>This GitLab version has no such call at all.</summary>
    public bool IsUnknownRoute { get; } = isUnknownRoute;
}

/// <summary>429, of either of GitLab's two limiters.</summary>
public sealed class GitLabRateLimitedException() : GitLabException("rate-limited", "GitLab asks to slow down (429).")
{
    internal override bool IsTransient => true;
}

public enum RejectedReason
{
    /// <summary>Any other 400, 405, 409, 412 or 422.</summary>
    Other,

    /// <summary>An OAuth token was used where GitLab wants a personal, project or group access token.</summary>
    TokenTypeRequired,

    /// <summary>Keyset or offset paging is not offered for this list.</summary>
    PagingNotOffered,

    /// <summary>Plain-text 400: bytes in the token or the query that GitLab cannot read.</summary>
    Malformed,

    /// <summary>422: a hook may not go to this address, because it is none or because it lies in a network that GitLab does not allow.</summary>
    HookAddress,

    /// <summary>409 or 400: the name, address or membership exists already.</summary>
    Taken,

    /// <summary>413, 414 or 431: something in front of GitLab finds the request too large.</summary>
    TooLarge,
}

/// <summary>GitLab understood who asks, and refused the request as such (400, 405, 409, 412, 413, 414, 422, 431).</summary>
public sealed class GitLabRejectedException(RejectedReason reason, int status)
    : GitLabException(CodeOf(reason), $"GitLab answered {status}: {reason}.")
{
    public RejectedReason Reason { get; } = reason;

    /// <summary>What is taken: <c>email</c> or <c>username</c>, if GitLab says so.</summary>
    public string? TakenField { get; init; }

    private static string CodeOf(RejectedReason reason) => reason switch
    {
        RejectedReason.TokenTypeRequired => "token-is-oauth",
        RejectedReason.PagingNotOffered => "paging-not-offered",
        RejectedReason.Malformed => "request-malformed",
        RejectedReason.HookAddress => "hook-address-refused",
        RejectedReason.Taken => "already-taken",
        RejectedReason.TooLarge => "request-too-large",
        _ => "request-rejected",
    };
}

public enum UnavailableKind
{
    /// <summary>No connection, or one that broke; the inner exception knows more.</summary>
    Network,

    /// <summary>Nothing came in time.</summary>
    TimedOut,

    /// <summary>500.</summary>
    ServerError,

    /// <summary>GitLab's own front says that the application behind it does not respond: starting, or down.</summary>
    Starting,

    /// <summary>A proxy in front says so (502, 504 and the like).</summary>
    BadGateway,

    /// <summary>503 with a long Retry-After, or that says so.</summary>
    Maintenance,

    /// <summary>Any other 503.</summary>
    Overloaded,
}

/// <summary>GitLab could not be reached or could not answer; it may later.</summary>
public sealed class GitLabUnavailableException(UnavailableKind kind, string message, Exception? inner = null)
    : GitLabException(CodeOf(kind), message, inner)
{
    public UnavailableKind Kind { get; } = kind;

    /// <summary>What was going on when time ran out or the connection broke, e.g. <c>waiting for an answer</c>.</summary>
    public string? Phase { get; init; }

    /// <summary>Name or certificate trouble does not go away by asking again; a broken connection may.</summary>
    internal bool IsWorthRetrying { get; init; } = true;

    internal override bool IsTransient => IsWorthRetrying && Kind is not UnavailableKind.Maintenance;

    private static string CodeOf(UnavailableKind kind) => kind switch
    {
        UnavailableKind.Network => "network-error",
        UnavailableKind.TimedOut => "timed-out",
        UnavailableKind.ServerError => "gitlab-error",
        UnavailableKind.Starting => "gitlab-starting",
        UnavailableKind.BadGateway => "bad-gateway",
        UnavailableKind.Maintenance => "gitlab-maintenance",
        _ => "gitlab-overloaded",
    };
}

public enum UnexpectedKind
{
    /// <summary>A web page where the API should be: a login gateway, a firewall page or another product.</summary>
    Html,

    /// <summary>A redirect; it was not followed.</summary>
    Redirect,
    NotJson,
    Empty,

    /// <summary>The connection closed before the answer was complete.</summary>
    Truncated,
    TooLarge,

    /// <summary>JSON, but not what this call returns, e.g. a project without an id or a list that ignores where to go on.</summary>
    WrongShape,
}

/// <summary>Something answered, but not as GitLab's API does.</summary>
public sealed class GitLabUnexpectedAnswerException(UnexpectedKind kind, string message, Exception? inner = null)
    : GitLabException(CodeOf(kind), message, inner)
{
    public UnexpectedKind Kind { get; } = kind;

    /// <summary>Where a redirect points; never followed with a token.</summary>
    public Uri? Target { get; init; }

    internal override bool IsTransient => Kind is UnexpectedKind.Truncated;

    private static string CodeOf(UnexpectedKind kind) => kind switch
    {
        UnexpectedKind.Html => "answer-is-a-page",
        UnexpectedKind.Redirect => "answer-redirects",
        UnexpectedKind.NotJson => "answer-not-json",
        UnexpectedKind.Empty => "answer-empty",
        UnexpectedKind.Truncated => "answer-cut-off",
        UnexpectedKind.TooLarge => "answer-too-large",
        _ => "answer-wrong-shape",
    };
}
