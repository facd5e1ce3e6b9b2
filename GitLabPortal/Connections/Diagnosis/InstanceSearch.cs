using System.Text.Json;
using GitLabPortal.GitLab;
using GitLabPortal.Kernel;

namespace GitLabPortal.Connections;

/// <param name="Address">Where GitLab answers; null with a failure.</param>
internal sealed record SearchVerdict(InstanceUrl? Address, string? Issuer, Finding? Failure)
{
    /// <summary>How sure that is, and by what, e.g. <c>certain: its API, its description of itself</c>.</summary>
    public string Confidence { get; init; } = "";
}

/// <summary>
/// Tries the candidates of an address until one is GitLab, by several fingerprints (FACTS 1.1), since a hardened server may hide one.
/// What can be known from a single answer (a redirect, a proxy's error) ends the search at once.
/// </summary>
internal sealed class InstanceSearch(ProbeWire wire)
{
    public const string Discovery = ".well-known/openid-configuration";
    public const string Version = "api/v4/version";
    private const string OldApi = "api/v3/version";

    private readonly HashSet<InstanceUrl> tried = [];
    private Finding? clue;

    public async Task<SearchVerdict> RunAsync(InstanceUrl address)
    {
        var waiting = new LinkedList<InstanceUrl>(address.Candidates());
        while (waiting.First?.Value is { } candidate)
        {
            waiting.RemoveFirst();
            if (!tried.Add(candidate)) continue;
            var discovery = await wire.GetAsync(candidate, Discovery);
            var issuer = Issuer(discovery);
            if (issuer is null && Redirection.Of(discovery, candidate, Discovery) is { } step)
            {
                if (step.Failure is { } failure) return new(null, null, failure);
                // GitLab sends unknown pages to its own sign-in page, which names the root.
                if (step.Root is { } root && !tried.Contains(root)) waiting.AddFirst(root);
                if (step.Root is { } other && !other.Equals(candidate)) continue;
            }

            var verdict = await AskApiAsync(candidate, issuer, ServerSigns.AreGitLabs(discovery) || issuer is not null, discovery);
            if (verdict is not null) return verdict;
        }

        return new(null, null, clue ?? ServerCodes.NotGitLab.Saw($"A web server answers at {address.Authority}, but nothing there looks like GitLab."));
    }

    /// <summary>The API decides: without it, pages are of no use.</summary>
    private async Task<SearchVerdict?> AskApiAsync(InstanceUrl candidate, string? issuer, bool isLikely, GitLabAnswer discovery)
    {
        var version = await wire.GetAsync(candidate, Version);
        if (ServerSigns.IsApi(version)) return Found(candidate, issuer, "its API", ServerSigns.AreGitLabs(version) || ServerSigns.AreGitLabs(discovery));
        if (Redirection.Of(version, candidate, Version)?.Failure is { } redirect) return new(null, issuer, redirect);
        if (ServerSigns.Trouble(version) is { } trouble) return new(null, issuer, trouble);
        if (isLikely || ServerSigns.AreGitLabs(version))
        {
            if (ServerSigns.IsOldApiRefusal(await wire.GetAsync(candidate, OldApi))) return Found(candidate, issuer, "its answer to an old API", isLikely);
            return new(null, issuer, ServerCodes.ApiBlocked.Saw($"{candidate.BaseUrl}/{Version} answered {version.Status}{(version.IsHtml ? " with a web page" : "")}."));
        }

        if (!version.IsHtml && version.Status is 403 or 404 && ServerSigns.IsOldApiRefusal(await wire.GetAsync(candidate, OldApi)))
            return Found(candidate, issuer, "its answer to an old API", hasMarks: false);
        clue ??= ServerSigns.Clue(version, candidate) ?? ServerSigns.Clue(discovery, candidate);
        return null;
    }

    /// <summary>One sign could be somebody's imitation; two of them, or the old API's words, are GitLab's.</summary>
    private static SearchVerdict Found(InstanceUrl candidate, string? issuer, string sign, bool hasMarks)
    {
        string[] signs = [sign, .. issuer is null ? Array.Empty<string>() : ["its description of itself"], .. hasMarks ? ["its headers"] : Array.Empty<string>()];
        return new(candidate, issuer, null) { Confidence = $"{(signs.Length > 1 ? "certain" : "likely")}, by {string.Join(", ", signs)}" };
    }

    /// <summary>The issuer, if the document is GitLab's: other identity servers have one at the same place.</summary>
    private static string? Issuer(GitLabAnswer answer)
    {
        if (answer is not { Status: 200, IsJson: true, IsLong: false }) return null;
        try
        {
            using var document = JsonDocument.Parse(answer.Body);
            if (document.RootElement.ValueKind is not JsonValueKind.Object) return null;
            var issuer = Text(document.RootElement, "issuer");
            var keys = Text(document.RootElement, "jwks_uri");
            return issuer is { Length: <= 2000 } && keys?.Contains("/oauth/discovery/keys", StringComparison.Ordinal) == true ? issuer : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;
}
