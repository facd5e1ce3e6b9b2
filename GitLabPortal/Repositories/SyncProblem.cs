using System.Globalization;
using GitLabPortal.Connections;
using GitLabPortal.GitLab;

namespace GitLabPortal.Repositories;

/// <summary>Why a page did not come.</summary>
/// <param name="Text">What happened, what to do and who can. When it goes on is told by the run's <see cref="SyncRun.RetryAt"/>.</param>
/// <param name="Status">What it says about the connection, once the walk has given up.</param>
/// <param name="IsFinal">Trying again soon cannot help: somebody must do something first.</param>
internal sealed record SyncProblem(string Code, string Text, ConnectionStatus Status, bool IsFinal, TimeSpan? RetryAfter = null)
{
    public static readonly SyncProblem TokenLost = new(
        "token-key-lost",
        "The key that protects this connection's token is lost, so the portal cannot read it. A team admin must enter the token again.",
        ConnectionStatus.TokenLost, IsFinal: true);

    public static SyncProblem TooMany(int limit) => new(
        "too-many-repositories",
        string.Create(
            CultureInfo.InvariantCulture,
            $"The server lists more than {limit:N0} repositories. Choose single groups when connecting it, or ask the portal's operator to raise the setting Sync:MaxRepositories."),
        ConnectionStatus.Working, IsFinal: true);

    public static readonly SyncProblem DatabaseBusy = new(
        "database-busy", "The portal's database was busy.", ConnectionStatus.Working, IsFinal: false);

    public static readonly SyncProblem BudgetUsed = new(
        "rate-limit-near", "The requests that GitLab allows are used up for now.", ConnectionStatus.Working, IsFinal: false);

    /// <summary>Waiting is all there is to it: it does not count as a failure.</summary>
    public bool IsPause => Code is "rate-limit-near" or Maintenance;

    public const string Maintenance = "gitlab-maintenance";

    public static SyncProblem Of(GitLabException failure)
    {
        if (failure is GitLabRateLimitedException) return new(failure.Code, "GitLab asks us to slow down.", ConnectionStatus.Working, IsFinal: false, failure.RetryAfter);

        var words = GitLabFailures.ToProblem(failure);
        var status = failure is GitLabUnauthorizedException or GitLabForbiddenException ? ConnectionStatus.TokenRefused : ConnectionStatus.Unreachable;
        return new(words?.Code ?? failure.Code, Cut(words?.Message ?? "GitLab did not list the projects."), status, StaysSo(failure), failure.RetryAfter);
    }

    /// <summary>Rules, certificates, redirects, refused tokens and refused requests stay as they are until somebody changes something.</summary>
    internal static bool IsFinalFor(GitLabException failure) => failure is not GitLabRateLimitedException && StaysSo(failure);

    private static bool StaysSo(GitLabException failure) => failure switch
    {
        GitLabUnavailableException { Kind: UnavailableKind.Network } e => !e.IsWorthRetrying,
        GitLabUnavailableException => false,
        GitLabUnexpectedAnswerException e => e.Kind is UnexpectedKind.Redirect or UnexpectedKind.TooLarge,
        _ => true,
    };

    private static string Cut(string text) => text.Length > 1000 ? text[..1000] : text;
}
