namespace GitLabPortal.Kernel;

/// <summary>An expected failure: a stable code for programs, a sentence for people, and what can be done about it.</summary>
/// <param name="Code">Stable, lower case with dashes, e.g. <c>last-owner</c>.</param>
/// <param name="Message">One or two sentences: what happened and what to do. Never an exception's text, never a secret.</param>
public abstract record Problem(string Code, string Message)
{
    /// <summary>Something that was entered cannot be used as it is. <paramref name="Field"/> names the input, if one is at fault.</summary>
    public sealed record Invalid(string Code, string Message, string? Field = null) : Problem(Code, Message);

    /// <summary>The thing does not exist, or the person may not know that it does.</summary>
    public sealed record NotFound(string Code, string Message) : Problem(Code, Message);

    /// <summary>The person may not do this (any more).</summary>
    public sealed record Forbidden(string Code, string Message) : Problem(Code, Message);

    /// <summary>Somebody else changed things meanwhile, or the thing exists already.</summary>
    public sealed record Conflict(string Code, string Message) : Problem(Code, Message);

    /// <summary>Checks found something that must be put right first; each finding names the fix and its owner.</summary>
    public sealed record Refused(string Code, string Message, IReadOnlyList<Finding> Findings) : Problem(Code, Message);

    /// <summary>GitLab could not answer. <paramref name="RetryAfter"/> says when it is worth another try, if GitLab said so.</summary>
    public sealed record Upstream(string Code, string Message, TimeSpan? RetryAfter = null) : Problem(Code, Message);
}
