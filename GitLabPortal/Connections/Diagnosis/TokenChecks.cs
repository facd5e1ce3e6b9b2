using GitLabPortal.GitLab;
using GitLabPortal.Kernel;
using GitLabPortal.Security;

namespace GitLabPortal.Connections;

/// <summary>
/// The checks of one token: is it alive; who, what and which repositories; how many, and the ways that only some servers break. Each line
/// is one round of requests.
/// </summary>
internal sealed class TokenChecks(GitLabClients clients, TimeProvider time, TokenCheckRequest request, Secret token)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly TokenEvidence evidence = new(clients.For(request.Address.BaseUrl, token, request.Path, maxRetries: 1));
    private bool isAlive;

    /// <summary>Null when the token is not alive.</summary>
    public TokenPassport? Passport => isAlive ? new PassportWriter(evidence, request).Write() : null;

    private TokenJudge Judge => new(evidence, Passport!, request, time);

    /// <summary>A project to try things with, rather one with code that the token may read.</summary>
    private GitLabProject? Sample => evidence.List.Value?.Items is [var first, ..] all ? all.FirstOrDefault(p => p is { EmptyRepo: false, DefaultBranch: not null }) ?? first : null;

    public IReadOnlyList<PlannedCheck> All() =>
    [
        new("token", "Token", "asking GitLab about the token", Limit, IdentifyAsync),
        new("account", "Account", "reading the token's account", Limit, ReadAccountAsync) { Needs = ["token"] },
        new("version", "GitLab version", "reading GitLab's version", Limit, ReadVersionAsync) { Needs = ["token"] },
        new("list", "List of repositories", "listing repositories", Limit, ListAsync) { Needs = ["token"] },
        new("groups", "Groups", "listing groups", Limit, ReadGroupsAsync) { Needs = ["token"] },
        new("memberships", "Memberships", "counting memberships", Limit, CountMembershipsAsync) { Needs = ["list"] },
        new("private-repositories", "Private repositories", "counting private repositories", Limit, CountPrivateAsync) { Needs = ["list"] },
        new("one-repository", "One repository", "reading one repository", Limit, ReadOneAsync) { Needs = ["list"] },
        new("path", "Addresses with %2F", "reading a repository by its path", Limit, ReadByPathAsync) { Needs = ["list"] },
        new("git", "Git over HTTPS", "beginning a clone", Limit, TryGitAsync) { Needs = ["list"] },
        new("scopes", "Scopes", "comparing scopes", Limit, _ => All(Judge.FineGrained(), Judge.Scopes())) { Needs = ["token", "version"] },
        new("expiry", "Expiry", "reading the expiry", Limit, _ => All(Judge.Expiry())) { Needs = ["token"] },
        new("links", "GitLab's links", "comparing links", Limit, _ => All(Judge.LinkHost())) { Needs = ["list"] },
        new("limits", "Rate limit", "reading rate limits", Limit, _ => All(Judge.RateLimit())) { Needs = ["list"] },
        new("repositories", "Repositories", "counting repositories", Limit, _ => All(Judge.Repositories())) { Needs = ["memberships", "private-repositories", "one-repository", "path"] },
    ];

    private async Task<IReadOnlyList<Finding>> IdentifyAsync(CancellationToken cancellation)
    {
        if (await evidence.IdentifyAsync(cancellation) is { } dead)
        {
            var hint = dead.Code == TokenCodes.NotAccepted.Code ? PastedToken.Hint(token) : null;
            return [hint is null ? dead : dead with { Seen = $"{dead.Seen} {hint}" }];
        }

        isAlive = true;
        return [TokenCodes.Alive.Saw(evidence.Self?.Name is { Length: > 0 } name ? $"GitLab accepts the token \"{Shortened(name)}\"." : "GitLab accepts the token.")];
    }

    private async Task<IReadOnlyList<Finding>> ReadAccountAsync(CancellationToken cancellation)
    {
        await evidence.ReadUserAsync(cancellation);
        return await All(Judge.Account(), Judge.AdminMode());
    }

    private async Task<IReadOnlyList<Finding>> ReadVersionAsync(CancellationToken cancellation)
    {
        await evidence.ReadVersionAsync(cancellation);
        return [Judge.Version()];
    }

    private async Task<IReadOnlyList<Finding>> ListAsync(CancellationToken cancellation)
    {
        await evidence.ListAsync(cancellation);
        return await All(evidence.ListFailure);
    }

    private async Task<IReadOnlyList<Finding>> ReadGroupsAsync(CancellationToken cancellation)
    {
        await evidence.ReadGroupsAsync(cancellation);
        return [];
    }

    private async Task<IReadOnlyList<Finding>> CountMembershipsAsync(CancellationToken cancellation)
    {
        await evidence.CountMembershipsAsync(cancellation);
        return [];
    }

    private async Task<IReadOnlyList<Finding>> CountPrivateAsync(CancellationToken cancellation)
    {
        await evidence.CountPrivateAsync(cancellation);
        return [];
    }

    private async Task<IReadOnlyList<Finding>> ReadOneAsync(CancellationToken cancellation)
    {
        if (Sample is { } sample) await evidence.ReadOneAsync(sample.Id, cancellation);
        return [];
    }

    /// <summary>The list named this project a moment ago, so that 404 for its path alone says something about the way.</summary>
    private async Task<IReadOnlyList<Finding>> ReadByPathAsync(CancellationToken cancellation)
    {
        if (Sample is not { } sample) return [];
        var byPath = await evidence.ReadByPathAsync(sample.PathWithNamespace, cancellation);
        if (byPath.Error is not (GitLabNotFoundException or GitLabUnexpectedAnswerException or GitLabRejectedException)) return [];
        // Renamed between the two requests, or really decoded: asked again by number to be sure.
        var byNumber = await evidence.ReadOneAsync(sample.Id, cancellation);
        return byNumber.Value?.PathWithNamespace == sample.PathWithNamespace
            ? [AccessCodes.DecodedSlashes.Saw($"Project {sample.Id} is found by its number, but not by its path, which is sent as {Uri.EscapeDataString(sample.PathWithNamespace)}.") with { Facts = [new(DiagnosisReport.ProjectFact, sample.PathWithNamespace)] }]
            : [];
    }

    private async Task<IReadOnlyList<Finding>> TryGitAsync(CancellationToken cancellation)
    {
        if (Sample is not { } sample) return [];
        var git = await clients.Git(request.Address.BaseUrl, token, request.Path).CheckAsync(sample.PathWithNamespace, cancellation);
        return [git.Status is FindingStatus.Passed ? git : git with { Facts = [new(DiagnosisReport.ProjectFact, sample.PathWithNamespace)] }];
    }

    private static Task<IReadOnlyList<Finding>> All(params Finding?[] findings) => Task.FromResult<IReadOnlyList<Finding>>([.. findings.OfType<Finding>()]);

    private static string Shortened(string name) => name.Length <= 80 ? name : string.Concat(name.AsSpan(0, 79), "…");
}
