using GitLabPortal.Kernel;
using GitLabPortal.Security;

namespace GitLabPortal.Connections;

/// <summary>
/// Finds out whether a token is alive, what it is and what it can do, by at most eleven reading requests in three rounds. What counts is
/// what works, not what the token looks like. Stores nothing and changes nothing.
/// </summary>
public sealed class TokenInspector(GitLabClients clients, TimeProvider time)
{
    /// <summary>One request after the other, to compare.</summary>
    internal bool OneByOne { get; init; }

    /// <param name="request">The server and the token as pasted.</param>
    /// <param name="progress">Told each finding as it is made.</param>
    /// <param name="cancellation">Ends the check.</param>
    public Task<TokenReport> RunAsync(TokenCheckRequest request, IProgress<Finding>? progress, CancellationToken cancellation) => RunAsync(request, progress, null, cancellation);

    /// <summary>The same over what the checks of the server opened.</summary>
    internal async Task<TokenReport> RunAsync(TokenCheckRequest request, IProgress<Finding>? progress, KeptConnection? kept, CancellationToken cancellation)
    {
        var read = PastedToken.Read(request.Token);
        if (!read.IsSuccess)
        {
            var refused = DiagnosisCodes.Find(read.Problem.Code)!.Saw(read.Problem.Message) with { Phase = "token", Fix = "" };
            progress?.Report(refused);
            return new(null, [refused]);
        }

        var checks = new TokenChecks(kept?.Client is { } client ? clients.Over(client) : clients, time, request, read.Value);
        var findings = await new CheckPlan(checks.All(), OneByOne).RunAsync(progress, cancellation);
        return new(checks.Passport, findings);
    }
}
