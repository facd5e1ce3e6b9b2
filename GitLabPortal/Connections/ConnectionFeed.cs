using GitLabPortal.Kernel;

namespace GitLabPortal.Connections;

public enum ConnectionChange { Ready, SyncRequested, Updated, Removed }

/// <summary>Something about a connection changed; higher features and open pages look again.</summary>
public sealed record ConnectionChanged(Guid ConnectionId, Guid TeamId, ConnectionChange Change);

public sealed class ConnectionFeed : Feed<ConnectionChanged>;
