using GitLabPortal.Kernel;

namespace GitLabPortal.Connections;

/// <summary>Somebody signed in with a GitLab account, linked one, unlinked one or lost it: what that person sees may be another thing now.</summary>
public sealed record IdentityChanged(Guid AccountId);

public sealed class IdentityFeed : Feed<IdentityChanged>;
