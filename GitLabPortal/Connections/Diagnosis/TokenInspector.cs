using GitLabPortal.GitLab;
using GitLabPortal.Kernel;

namespace GitLabPortal.Connections;

/// <summary>
/// Finds out whether a token is alive, what it is and what it can do, by at most eight reading requests. What counts is what works,
/// not what the token looks like. Stores nothing and changes nothing.
/// </summary>
public sealed class TokenInspector(GitLabClients clients, TimeProvider time)
{
    /// <param name="request">The server and the token as pasted.</param>
    /// <param name="progress">Told each finding as it is made.</param>
    /// <param name="cancellation">Ends the check.</param>
    public async Task<TokenReport> RunAsync(TokenCheckRequest request, IProgress<Finding>? progress, CancellationToken cancellation)
    {
        var log = new FindingLog(progress);
        var read = PastedToken.Read(request.Token);
        if (!read.IsSuccess)
        {
            log.Add(new(FindingStatus.Failed, read.Problem.Code, "Token", read.Problem.Message, "", FixOwner.You));
            return new(null, log.Findings);
        }

        var client = clients.For(request.Address.BaseUrl, read.Value, request.AllowPlainHttp, maxRetries: 1);
        var evidence = new TokenEvidence(client, cancellation);
        if (await evidence.IdentifyAsync() is { } dead)
        {
            log.Add(WithHint(dead, read.Value));
            return new(null, log.Findings);
        }

        log.Add(TokenCodes.Alive.Saw(evidence.Self?.Name is { Length: > 0 } name ? $"GitLab accepts the token \"{Shortened(name)}\"." : "GitLab accepts the token."));
        await evidence.ExploreAsync();
        if (evidence.ListFailure is { } failure) log.Add(failure);
        else await evidence.CountAsync();
        var passport = new PassportWriter(evidence, request).Write();
        new TokenJudge(evidence, passport, request, time).Judge(log);
        return new(passport, log.Findings);
    }

    private static Finding WithHint(Finding finding, Security.Secret token) =>
        finding.Code == TokenCodes.NotAccepted.Code && PastedToken.Hint(token) is { } hint ? finding with { Seen = $"{finding.Seen} {hint}" } : finding;

    private static string Shortened(string name) => name.Length <= 80 ? name : string.Concat(name.AsSpan(0, 79), "…");
}
