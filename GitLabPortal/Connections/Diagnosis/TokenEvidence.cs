using GitLabPortal.GitLab;
using GitLabPortal.Kernel;

namespace GitLabPortal.Connections;

/// <summary>What GitLab answered to the checks of a token, and what that means for it.</summary>
internal sealed class TokenEvidence(GitLabClient client)
{
    private static readonly ProjectListQuery FirstPage = new();

    /// <summary>Null before GitLab 15.5.</summary>
    public GitLabToken? Self { get; private set; }

    public Attempt<GitLabUser> User { get; private set; } = Attempt<GitLabUser>.NotMade;

    public Attempt<GitLabMetadata> Metadata { get; private set; } = Attempt<GitLabMetadata>.NotMade;

    public Attempt<GitLabPage<GitLabProject>> List { get; private set; } = Attempt<GitLabPage<GitLabProject>>.NotMade;

    public Attempt<GitLabPage<GitLabGroup>> Groups { get; private set; } = Attempt<GitLabPage<GitLabGroup>>.NotMade;

    public Attempt<GitLabProject> One { get; private set; } = Attempt<GitLabProject>.NotMade;

    public Attempt<ProjectCount> Private { get; private set; } = Attempt<ProjectCount>.NotMade;

    public Attempt<ProjectCount> Member { get; private set; } = Attempt<ProjectCount>.NotMade;

    public Attempt<bool> AdminCalls { get; private set; } = Attempt<bool>.NotMade;

    public ProjectCount? Visible { get; private set; }

    /// <summary>Whether the first page is all there is.</summary>
    public bool SawAll => List.Value is { } page && page.Items.Count < FirstPage.PerPage;

    /// <summary>Why listing repositories fails; without it a connection is of no use.</summary>
    public Finding? ListFailure => List.Error is { } error ? ListFinding(error) : null;

    /// <summary>The reason why the token is not alive, or null when it is.</summary>
    public async Task<Finding?> IdentifyAsync(CancellationToken cancellation)
    {
        var self = await TryAsync(client.Tokens.GetSelfAsync, cancellation);
        switch (self.Error)
        {
            case null:
                Self = self.Value;
                return Self switch
                {
                    { Revoked: true } => TokenCodes.Revoked.Saw("GitLab says that the token was revoked."),
                    { Active: false } => TokenCodes.Expired.Saw("GitLab says that the token is not active."),
                    _ => null,
                };
            // GitLab 13.12 to 15.4 answers any of these to a perfectly good token (FACTS 2.3): the user call decides.
            case GitLabUnauthorizedException { Reason: UnauthorizedReason.Unknown } or GitLabNotFoundException or GitLabRejectedException { Status: 405 }:
                User = await TryAsync(client.Users.GetCurrentAsync, cancellation);
                return User.Error switch
                {
                    null or GitLabForbiddenException { Reason: ForbiddenReason.InsufficientScope } => null,
                    // The scopes of /user were enough to know the token, and not to know its user.
                    { } error => GitLabFailures.ToFinding(error),
                };
            default:
                return GitLabFailures.ToFinding(self.Error);
        }
    }

    /// <summary>Whose it is; for an administrator also whether administrator calls work.</summary>
    public async Task ReadUserAsync(CancellationToken cancellation)
    {
        if (!User.WasMade) User = await TryAsync(client.Users.GetCurrentAsync, cancellation);
        if (User.Value?.IsAdmin == true) AdminCalls = await TryAsync(client.Applications.MayListAsync, cancellation);
    }

    // Not /metadata: /version is there whatever the server's age, so one request is enough.
    public async Task ReadVersionAsync(CancellationToken cancellation) => Metadata = await TryAsync(client.Metadata.GetVersionAsync, cancellation);

    public async Task ReadGroupsAsync(CancellationToken cancellation) => Groups = await TryAsync(ct => client.Groups.ListAsync(null, 1, ct), cancellation);

    public async Task ListAsync(CancellationToken cancellation)
    {
        List = await TryAsync(ct => client.Projects.ListFirstAsync(FirstPage, ct), cancellation);
        if (List.Value is not { } page) return;
        if (SawAll) Private = new(new ProjectCount(page.Items.Count(p => p.Visibility == "private"), IsLowerBound: false), null, WasMade: true);
        Visible = SawAll ? new(page.Items.Count, IsLowerBound: false) : page.Total is { } total ? new(total, IsLowerBound: false) : new(10_000, IsLowerBound: true);
    }

    public async Task CountMembershipsAsync(CancellationToken cancellation) =>
        Member = await TryAsync(ct => client.Projects.CountAsync(new() { MembershipOnly = true }, ct), cancellation);

    public async Task CountPrivateAsync(CancellationToken cancellation)
    {
        if (!SawAll) Private = await TryAsync(ct => client.Projects.CountAsync(new() { Visibility = "private" }, ct), cancellation);
    }

    public async Task<Attempt<GitLabProject>> ReadOneAsync(long id, CancellationToken cancellation) =>
        One = await TryAsync(ct => client.Projects.GetAsync(id, ct), cancellation);

    public Task<Attempt<GitLabProject>> ReadByPathAsync(string fullPath, CancellationToken cancellation) =>
        TryAsync(ct => client.Projects.GetByPathAsync(fullPath, ct), cancellation);

    private static async Task<Attempt<T>> TryAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellation)
    {
        try
        {
            return new(await call(cancellation), null, WasMade: true);
        }
        catch (GitLabException e)
        {
            return new(default, e, WasMade: true);
        }
    }

    private static Finding ListFinding(GitLabException error) => error switch
    {
        GitLabForbiddenException { Reason: ForbiddenReason.InsufficientScope } e => AccessCodes.CannotList.Saw(
            $"The token may not list or read repositories. Any one of these scopes would do: {GitLabFailures.Scopes(e)}."),
        GitLabForbiddenException { Reason: ForbiddenReason.GranularPermission, Permission: { } permission } => AccessCodes.CannotList.Saw(
            $"The fine-grained token may not list repositories: it lacks the permission {permission}.", TokenCodes.PermissionMissing.Fix),
        GitLabForbiddenException { Reason: ForbiddenReason.Unspecified } => AccessCodes.CannotList.Saw("GitLab answers 403 to the list of repositories and does not say why."),
        _ => GitLabFailures.ToFinding(error)!,
    };
}

/// <summary>What one call gave: a value, or why not.</summary>
internal sealed record Attempt<T>(T? Value, GitLabException? Error, bool WasMade)
{
    public static readonly Attempt<T> NotMade = new(default, null, WasMade: false);

    public bool Worked => WasMade && Error is null;
}
