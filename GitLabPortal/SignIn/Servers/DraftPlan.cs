using System.Security.Cryptography;
using GitLabPortal.Connections;
using GitLabPortal.GitLab;
using GitLabPortal.Kernel;
using GitLabPortal.Security;

namespace GitLabPortal.SignIn;

/// <summary>Writes down what a set-up would create, and looks for what stands in its way. Reads only: nothing is changed.</summary>
public sealed class DraftPlan(TimeProvider clock)
{
    private const string Username = "gitlabportal-bot";

    /// <summary>GitLab's own maximum; a shorter one of the instance is applied by GitLab when no date is sent.</summary>
    private const int TokenDays = 365;

    public async Task<Result<SetUpPlan>> RunAsync(AdminToken admin, string portalAddress, CancellationToken cancellationToken)
    {
        var mark = RandomNumberGenerator.GetString("abcdefghjkmnpqrstuvwxyz23456789", 6);
        var host = new Uri(portalAddress).Authority;
        try
        {
            var isFree = await admin.Client().Administration.FindUserAsync(Username, cancellationToken) is null;
            return new SetUpPlan
            {
                BaseUrl = admin.BaseUrl,
                AllowsPlainHttp = admin.Path.PlainHttp is PlainHttp.ToPrivateAddresses,
                Authorities = admin.Path.Authorities?.Pem,
                Mark = mark,
                ApplicationName = $"GitLabPortal ({host})",
                RedirectUri = portalAddress + SetOut.CallbackPath,
                AsServiceAccount = admin.OffersServiceAccounts,
                BotUsername = isFree ? Username : $"{Username}-{mark}",
                BotName = "GitLabPortal bot",
                BotEmail = $"{Username}-{mark}@noreply.invalid",
                BotTokenExpiresOn = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime).AddDays(TokenDays),
            };
        }
        catch (Exception e) when (GitLabFailures.ToProblem(e) is { } problem)
        {
            return problem;
        }
    }

    /// <summary>What is there already and what can be done about it; failed findings must be put right before applying.</summary>
    public async Task<Result<IReadOnlyList<Finding>>> CheckAsync(AdminToken admin, SetUpPlan plan, CancellationToken cancellationToken)
    {
        List<Finding> findings = [];
        try
        {
            var administration = admin.Client().Administration;
            if (plan.WithApplication)
            {
                var same = (await administration.ListApplicationsAsync(cancellationToken)).Where(a => a.RedirectUris.Contains(plan.RedirectUri, StringComparer.Ordinal)).ToList();
                if (same.Count > 0)
                {
                    findings.Add(Finding.Warning(
                        "setup-application-exists", "GitLab has an application for this portal already",
                        $"“{same[0].Name}” (number {same[0].Id}) leads back to the same address. GitLab does not show its secret again.",
                        "Apply makes another one beside it, which takes its place here; the old one can be deleted on GitLab afterwards. Or untick the application and enter its id and secret by hand below.", FixOwner.You));
                }
            }

            if (plan.WithBot) await CheckBotAsync(administration, plan, findings, cancellationToken);
            return Result.Of<IReadOnlyList<Finding>>(findings);
        }
        catch (Exception e) when (GitLabFailures.ToProblem(e) is { } problem)
        {
            return problem;
        }
    }

    private static async Task CheckBotAsync(AdministrationClient administration, SetUpPlan plan, List<Finding> findings, CancellationToken cancellationToken)
    {
        // The bot of an earlier set-up is meant to be there.
        if (plan.ReuseBot) return;
        if (await administration.FindUserAsync(plan.BotUsername, cancellationToken) is { } taken)
        {
            findings.Add(Finding.Failed(
                "setup-username-taken", $"The username @{taken.Username} is taken", $"On GitLab it belongs to {taken.Name ?? taken.Username}.",
                "Choose another username for the bot.", FixOwner.You));
        }

        if (!plan.AsServiceAccount && await administration.HasUserWithEmailAsync(plan.BotEmail, cancellationToken))
        {
            findings.Add(Finding.Failed(
                "setup-email-taken", "The e-mail address is taken", $"Another account on GitLab has the address {plan.BotEmail}.", "Choose another address for the bot. It needs no mailbox.", FixOwner.You));
        }
    }
}
