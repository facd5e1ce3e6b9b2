using System.Globalization;
using System.Text.Json.Nodes;

namespace GitLabPortal.GitLab;

/// <summary>A system hook as GitLab describes it; its secrets are never given out.</summary>
public sealed record GitLabHook
{
    public required long Id { get; init; }

    public required string Url { get; init; }

    /// <summary><c>executable</c>, <c>temporarily_disabled</c> or <c>disabled</c>; null where GitLab does not tell.</summary>
    public string? AlertStatus { get; init; }

    public DateTimeOffset? DisabledUntil { get; init; }

    /// <summary>From 19.0 on; null before.</summary>
    public bool? HasToken { get; init; }

    /// <summary>From 19.0 on, when hooks can be signed; null before.</summary>
    public bool? HasSigningToken { get; init; }

    /// <summary>It is also told of pushes, tags or merge requests.</summary>
    public bool IsNoisy { get; init; }

    /// <summary>Certificates are checked; null where GitLab does not tell.</summary>
    public bool? VerifiesCertificate { get; init; }
}

/// <summary>How a hook shall be: told of projects, groups and people, not of pushes.</summary>
/// <param name="Token">Sent along with each delivery.</param>
/// <param name="SigningToken"><c>whsec_</c> and 32 bytes in base64; GitLab before 19.0 passes over it.</param>
public sealed record HookRequest(string Url, string Token, string SigningToken)
{
    public override string ToString() => $"{nameof(HookRequest)} {{ Url = {Url} }}";

    internal JsonObject ToBody() => new()
    {
        ["url"] = Url,
        ["name"] = "GitLabPortal",
        ["description"] = "Tells the portal about new, renamed, moved and deleted projects.",
        ["token"] = Token,
        ["signing_token"] = SigningToken,
        ["push_events"] = false,
        ["tag_push_events"] = false,
        ["merge_requests_events"] = false,
        ["repository_update_events"] = false,
        ["enable_ssl_verification"] = true,
    };
}

/// <summary>
/// System hooks of the instance, for administrators with <c>api</c>; with Admin Mode on also <c>admin_mode</c>. Nothing is sent twice:
/// after a lost answer, look for what was made.
/// </summary>
public sealed class HooksClient
{
    private const int PerPage = 100;
    private const int MaxPages = 20;

    private readonly GitLabTransport transport;

    internal HooksClient(GitLabTransport transport) => this.transport = transport;

    /// <summary>All hooks. Reading a single one sends a test delivery on GitLab before 14.9, so that none is read alone.</summary>
    public async Task<IReadOnlyList<GitLabHook>> ListAsync(CancellationToken cancellation)
    {
        var hooks = new List<GitLabHook>();
        for (var page = 1; page <= MaxPages; page++)
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"hooks?per_page={PerPage}&page={page}");
            var (bodies, answer) = await transport.GetAsync(path, GitLabJson.Default.HookBodyArray, cancellation);
            hooks.AddRange(bodies.Select(b => b.ToHook()));
            if (!GitLabPaging.HasNext(answer, bodies.Length, PerPage)) break;
        }

        return hooks;
    }

    /// <summary>Throws <see cref="GitLabRejectedException"/> with <see cref="RejectedReason.HookAddress"/> for an address that GitLab may not call.</summary>
    public async Task<GitLabHook> CreateAsync(HookRequest hook, CancellationToken cancellation) =>
        (await transport.PostAsync("hooks", hook.ToBody(), GitLabJson.Default.HookBody, cancellation)).ToHook();

    /// <summary>Since 14.9; before, <see cref="GitLabRejectedException"/> (405).</summary>
    public async Task<GitLabHook> UpdateAsync(long id, HookRequest hook, CancellationToken cancellation) =>
        (await transport.PutAsync(Path($"hooks/{id}"), hook.ToBody(), GitLabJson.Default.HookBody, cancellation)).ToHook();

    public Task DeleteAsync(long id, CancellationToken cancellation) => transport.DeleteAsync(Path($"hooks/{id}"), cancellation);

    /// <summary>
    /// Lets GitLab send a made-up event and returns when the receiver has answered or time ran out (10 s); GitLab does not tell which.
    /// Since 14.9; before, <see cref="GitLabRejectedException"/> (405).
    /// </summary>
    public Task TestAsync(long id, CancellationToken cancellation) =>
        transport.PostAsync(Path($"hooks/{id}"), [], GitLabJson.Default.HookBody, cancellation);

    private static string Path(FormattableString path) => path.ToString(CultureInfo.InvariantCulture);
}

internal sealed class HookBody
{
    public long? Id { get; set; }
    public string? Url { get; set; }
    public string? AlertStatus { get; set; }
    public DateTimeOffset? DisabledUntil { get; set; }
    public bool? TokenPresent { get; set; }
    public bool? SigningTokenPresent { get; set; }
    public bool? PushEvents { get; set; }
    public bool? TagPushEvents { get; set; }
    public bool? MergeRequestsEvents { get; set; }
    public bool? RepositoryUpdateEvents { get; set; }
    public bool? EnableSslVerification { get; set; }

    public GitLabHook ToHook() => new()
    {
        Id = Required.Id(Id),
        Url = Url ?? "",
        AlertStatus = AlertStatus,
        DisabledUntil = DisabledUntil,
        HasToken = TokenPresent,
        HasSigningToken = SigningTokenPresent,
        IsNoisy = PushEvents is true || TagPushEvents is true || MergeRequestsEvents is true || RepositoryUpdateEvents is true,
        VerifiesCertificate = EnableSslVerification,
    };
}
