namespace GitLabPortal.Tests.Sandbox;

/// <summary>
/// Everything the sandbox server knows: people, tokens, groups, projects and switches. All members may be called
/// while the server runs and from any thread; a request in flight sees the world either before or after a change.
/// </summary>
public sealed partial class SandboxWorld : IDisposable
{
    private static int worldsMade;

    private readonly ReaderWriterLockSlim _gate = new(LockRecursionPolicy.SupportsRecursion);
    private readonly TimeProvider _clock;
    private readonly GitLabRelease _release;
    private readonly string _secretSeed;
    private readonly Dictionary<long, SandboxUser> _users = [];
    private long _lastUserId;
    private long _lastNamespaceId;

    internal SandboxWorld(GitLabRelease release, TimeProvider clock, string? secretSeed = null)
    {
        _release = release;
        _clock = clock;
        // Two servers in one test must never accept each other's tokens, or a token sent to the wrong one would go unnoticed.
        _secretSeed = secretSeed ?? $"{Environment.ProcessId}:{Interlocked.Increment(ref worldsMade)}";
        Settings.TokenExpiryRequired = release.Has(Capability.TokensMustExpire);
        Settings.DefaultBranchName = release.Has(Capability.Topics) ? "main" : "master";
        Root = AddUser("root", "Administrator", admin: true);
    }

    public SandboxSettings Settings { get; } = new();

    /// <summary>The administrator that every GitLab is born with (id 1).</summary>
    public SandboxUser Root { get; }

    public IReadOnlyList<SandboxUser> Users => Read(() => _users.Values.ToList());

    internal TimeProvider Clock => _clock;
    internal DateTimeOffset Now => _clock.GetUtcNow();

    public SandboxUser AddUser(
        string username,
        string? name = null,
        bool admin = false,
        bool external = false,
        SandboxUserState state = SandboxUserState.Active,
        SandboxUserKind kind = SandboxUserKind.Human) => Write(() =>
        {
            if (_namespacesByPath.ContainsKey(username))
                throw new ArgumentException($"The path {username} is taken.", nameof(username));

            var user = new SandboxUser(++_lastUserId, username, name ?? username, Now)
            {
                Kind = kind,
                IsAdmin = admin,
                IsExternal = external,
                State = state,
            };
            user.Namespace = new SandboxPersonalNamespace(++_lastNamespaceId, user);
            _users.Add(user.Id, user);
            _namespaces.Add(user.Namespace.Id, user.Namespace);
            _namespacesByPath.Add(username, user.Namespace);
            Tell("user_create", user);
            return user;
        });

    public SandboxUser AddServiceAccount(string username, string? name = null) =>
        AddUser(username, name ?? "Service account user", kind: SandboxUserKind.ServiceAccount);

    public SandboxUser? FindUser(long id) => Read(() => _users.GetValueOrDefault(id));

    public SandboxUser? FindUser(string username) =>
        Read(() => _users.Values.FirstOrDefault(u => string.Equals(u.Username, username, StringComparison.OrdinalIgnoreCase)));

    public SandboxUser? FindUserByEmail(string email) =>
        Read(() => _users.Values.FirstOrDefault(u => string.Equals(u.Email, email, StringComparison.OrdinalIgnoreCase)));

    public void SetEmail(SandboxUser user, string email) => Write(() => user.Email = email);

    /// <summary>Takes tokens, sessions and the personal namespace along.</summary>
    public void Delete(SandboxUser user) => Write(() =>
    {
        _users.Remove(user.Id);
        _namespaces.Remove(user.Namespace.Id);
        _namespacesByPath.Remove(user.Username);
        foreach (var token in _tokens.Values.Where(t => t.User == user).ToList())
        {
            token.IsRevoked = token.IsRefreshRevoked = true;
            _tokens.Remove(token.Id);
            _tokensBySecret.Remove(token.Secret);
        }

        foreach (var session in _sessions.Where(s => s.Value == user).Select(s => s.Key).ToList())
            _sessions.Remove(session);
    });

    public void SetState(SandboxUser user, SandboxUserState state) => Write(() => user.State = state);

    public void Block(SandboxUser user) => SetState(user, SandboxUserState.Blocked);

    public void Unblock(SandboxUser user) => SetState(user, SandboxUserState.Active);

    public void SetAdmin(SandboxUser user, bool admin) => Write(() => user.IsAdmin = admin);

    public void AcceptTerms(SandboxUser user) => Write(() => user.HasAcceptedTerms = true);

    /// <param name="user">Who joins.</param>
    /// <param name="group">Covers every subgroup and project below.</param>
    /// <param name="accessLevel">10 guest, 20 reporter, 30 developer, 40 maintainer, 50 owner.</param>
    public void AddMember(SandboxUser user, SandboxGroup group, int accessLevel = 30) =>
        Write(() =>
        {
            TellMember(user.GroupLevels.ContainsKey(group.Id) ? "update_for" : "add_to", user, group, accessLevel);
            user.GroupLevels[group.Id] = accessLevel;
        });

    public void AddMember(SandboxUser user, SandboxProject project, int accessLevel = 30) =>
        Write(() =>
        {
            TellMember(user.ProjectLevels.ContainsKey(project.Id) ? "update_for" : "add_to", user, project, accessLevel);
            user.ProjectLevels[project.Id] = accessLevel;
        });

    /// <summary>Invites a group to a project: its members reach the project with at most this level (FACTS 4.4).</summary>
    public void Share(SandboxProject project, SandboxGroup with, int accessLevel = 30) => Write(() => project.Shares.Add((with, accessLevel)));

    /// <summary>Invites a group to another one, and so to everything below that one.</summary>
    public void Share(SandboxGroup group, SandboxGroup with, int accessLevel = 30) => Write(() => group.Shares.Add((with, accessLevel)));

    /// <summary>External users see no internal projects.</summary>
    public void SetExternal(SandboxUser user, bool external) => Write(() => user.IsExternal = external);

    /// <summary>The user becomes a member of each top-level group, and so of everything but people's own projects.</summary>
    public void AddMemberOfEveryGroup(SandboxUser user, int accessLevel = 30) => Write(() =>
    {
        foreach (var group in TopLevelGroups)
            user.GroupLevels[group.Id] = accessLevel;
    });

    public void RemoveMember(SandboxUser user, SandboxGroup group) => Write(() =>
    {
        if (user.GroupLevels.Remove(group.Id, out var level))
            TellMember("remove_from", user, group, level);
    });

    public void RemoveMember(SandboxUser user, SandboxProject project) => Write(() =>
    {
        if (user.ProjectLevels.Remove(project.Id, out var level))
            TellMember("remove_from", user, project, level);
    });

    public void Star(SandboxUser user, SandboxProject project) => Write(() =>
    {
        if (user.StarredProjects.Add(project.Id))
            project.Stars++;
    });

    public void Dispose() => _gate.Dispose();

    internal T Read<T>(Func<T> read)
    {
        _gate.EnterReadLock();
        try
        {
            return read();
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }

    /// <summary>Until something changes.</summary>
    internal PreparedProjects? Prepared { get; set; }

    internal T Write<T>(Func<T> write)
    {
        _gate.EnterWriteLock();
        try
        {
            Prepared = null;
            return write();
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }

    internal void Write(Action write) => Write(() =>
    {
        write();
        return true;
    });
}
