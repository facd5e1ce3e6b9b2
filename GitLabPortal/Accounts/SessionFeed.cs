using GitLabPortal.Kernel;

namespace GitLabPortal.Accounts;

/// <summary>Sessions are over: open pages check whether theirs is one of them.</summary>
/// <param name="AccountId">Whose.</param>
/// <param name="SessionId">The one that signed out; null when the password changed or all were ended.</param>
public sealed record SessionsEnded(Guid AccountId, Guid? SessionId);

public sealed class SessionFeed : Feed<SessionsEnded>;
