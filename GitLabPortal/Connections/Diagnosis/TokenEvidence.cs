using GitLabPortal.GitLab;
using GitLabPortal.Kernel;

namespace GitLabPortal.Connections;

/// <summary>
/// Asks GitLab what the inspector needs to know, in three waves: is the token alive; who, what and which repositories (in parallel);
/// how many (in parallel). At most eight requests.
/// </summary>
internal sealed class TokenEvidence(GitLabClient client, CancellationToken cancellation)
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
    public async Task<Finding?> IdentifyAsync()
    {
        var self = await TryAsync(client.Tokens.GetSelfAsync);
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
                User = await TryAsync(client.Users.GetCurrentAsync);
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

    public async Task ExploreAsync()
    {
        var user = User.WasMade ? Task.FromResult(User) : TryAsync(client.Users.GetCurrentAsync);
        // Not /metadata: /version is there whatever the server's age, so one request is enough.
        var metadata = TryAsync(client.Metadata.GetVersionAsync);
        var list = TryAsync(ct => client.Projects.ListFirstAsync(FirstPage, ct));
        var groups = TryAsync(ct => client.Groups.ListAsync(null, 1, ct));
        (User, Metadata, List, Groups) = (await user, await metadata, await list, await groups);
    }

    public async Task CountAsync()
    {
        var page = List.Value!;
        var isAdmin = User.Value?.IsAdmin == true;
        var member = TryAsync(ct => client.Projects.CountAsync(new() { MembershipOnly = true }, ct));
        var privates = SawAll ? Task.FromResult(Attempt<ProjectCount>.NotMade) : TryAsync(ct => client.Projects.CountAsync(new() { Visibility = "private" }, ct));
        var one = SawAll && page.Items.Count > 0 ? TryAsync(ct => client.Projects.GetAsync(page.Items[0].Id, ct)) : Task.FromResult(Attempt<GitLabProject>.NotMade);
        var admin = isAdmin ? TryAsync(client.Applications.MayListAsync) : Task.FromResult(Attempt<bool>.NotMade);
        (Member, Private, One, AdminCalls) = (await member, await privates, await one, await admin);
        if (SawAll)
        {
            Visible = new(page.Items.Count, IsLowerBound: false);
            Private = new(new ProjectCount(page.Items.Count(p => p.Visibility == "private"), IsLowerBound: false), null, WasMade: true);
        }
        else
        {
            Visible = page.Total is { } total ? new(total, IsLowerBound: false) : new(10_000, IsLowerBound: true);
        }
    }

    private async Task<Attempt<T>> TryAsync<T>(Func<CancellationToken, Task<T>> call)
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
        GitLabForbiddenException { Reason: ForbiddenReason.InsufficientScope } e => TokenCodes.CannotList.Saw(
            $"The token may not list or read repositories. Any one of these scopes would do: {GitLabFailures.Scopes(e)}."),
        GitLabForbiddenException { Reason: ForbiddenReason.GranularPermission, Permission: { } permission } => TokenCodes.CannotList.Saw(
            $"The fine-grained token may not list repositories: it lacks the permission {permission}.", TokenCodes.PermissionMissing.Fix),
        GitLabForbiddenException { Reason: ForbiddenReason.Unspecified } => TokenCodes.CannotList.Saw("GitLab answers 403 to the list of repositories and does not say why."),
        _ => GitLabFailures.ToFinding(error)!,
    };
}

/// <summary>What one call gave: a value, or why not.</summary>
internal sealed record Attempt<T>(T? Value, GitLabException? Error, bool WasMade)
{
    public static readonly Attempt<T> NotMade = new(default, null, WasMade: false);

    public bool Worked => WasMade && Error is null;
}
