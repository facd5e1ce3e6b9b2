using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Repositories;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.SignIn;

/// <summary>Compares what the receipts of a set-up say with what GitLab holds now. Changes nothing.</summary>
public sealed class CheckDrift(IDbContextFactory<PortalDb> contexts, HookInstaller hooks)
{
    public const string ApplicationCode = "drift-application";
    public const string BotCode = "drift-bot";
    public const string TokenCode = "drift-token";
    public const string HookCode = "drift-hook";

    /// <summary>What is still right and what is not; failed findings need a repair.</summary>
    public async Task<Result<IReadOnlyList<Finding>>> RunAsync(AdminToken admin, string redirectUri, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var application = await db.Set<ServerApplication>().AsNoTracking()
            .Where(a => a.Server!.BaseUrl == admin.BaseUrl && a.State != ApplicationState.Old).OrderByDescending(a => a.CreatedAt).FirstOrDefaultAsync(cancellationToken);
        var setUp = await LastWithBotAsync(db, admin.BaseUrl, cancellationToken);
        List<Finding> findings = [];
        try
        {
            var gitLab = admin.Client().Administration;
            if (application is not null) findings.Add(OfApplication(application, await gitLab.ListApplicationsAsync(cancellationToken), redirectUri));
            if (setUp is not null) await AddBotAsync(findings, gitLab, setUp, cancellationToken);
            if (await HookAsync(db, admin, redirectUri, cancellationToken) is { } hook) findings.Add(hook);
            return Result.Of<IReadOnlyList<Finding>>(findings);
        }
        catch (Exception e) when (GitLabFailures.ToProblem(e) is { } problem)
        {
            return problem;
        }
    }

    /// <summary>The newest finished set-up of the server that made or reused a bot.</summary>
    internal static async Task<ServerSetUp?> LastWithBotAsync(PortalDb db, string baseUrl, CancellationToken cancellationToken) =>
        await db.Set<ServerSetUp>().AsNoTracking().Include(s => s.Receipts)
            .Where(s => s.Server!.BaseUrl == baseUrl && s.State == SetUpState.Done && s.Receipts.Any(r => r.Step == SetUpSteps.Bot))
            .OrderByDescending(s => s.StartedAt).FirstOrDefaultAsync(cancellationToken);

    /// <summary>Null when no set-up made one that is still wanted.</summary>
    private async Task<Finding?> HookAsync(PortalDb db, AdminToken admin, string redirectUri, CancellationToken cancellationToken)
    {
        var hook = await db.Set<SystemHook>().AsNoTracking().Where(h => h.IsFromSetUp && h.Connection!.Server!.BaseUrl == admin.BaseUrl)
            .OrderByDescending(h => h.CreatedAt).FirstOrDefaultAsync(cancellationToken);
        if (hook is null) return null;
        var portal = redirectUri[..^SetOut.CallbackPath.Length];
        return await hooks.CompareAsync(hook, admin.Client(), portal, cancellationToken) switch
        {
            null => Finding.Passed(HookCode, "The system hook is as it was made", $"GitLab calls {hook.Url}."),
            { Code: "hook-missing" } => Broken(HookCode, "The system hook was deleted on GitLab", "GitLab does not tell the portal of changes at once; they are found by reading.", "Apply makes it again."),
            { Code: "hook-address" } => Broken(HookCode, "The system hook calls another address", $"GitLab was told {hook.Url}, the portal is at {portal}.", "Apply tells GitLab the new address."),
            { Code: "hook-stopped" } => Broken(HookCode, "GitLab stopped calling the portal", "Deliveries of the system hook failed.", "See that GitLab can open the portal's address; Apply sets the hook right and sends a test."),
            _ => Broken(HookCode, "The system hook was changed on GitLab", "Its events, its secret or the check of certificates are not what the set-up made.", "Apply sets it right, in place."),
        };
    }

    private static Finding OfApplication(ServerApplication ours, IReadOnlyList<GitLab.GitLabApplication> all, string redirectUri)
    {
        var found = all.FirstOrDefault(a => a.ClientId == ours.ClientId);
        if (found is null) return Broken(ApplicationCode, "The application was deleted on GitLab", "Nobody can sign in with this server.", "Apply makes a new one. Everybody's account stays.");
        if (!found.RedirectUris.Contains(ours.RedirectUri)) return Broken(ApplicationCode, "The application leads elsewhere", $"On GitLab its redirect address was changed to {string.Join(", ", found.RedirectUris)}.", "Apply makes a new one with the right address.");
        if (ours.RedirectUri != redirectUri) return Broken(ApplicationCode, "The portal has another address now", $"The application leads back to {ours.RedirectUri}, the portal is at {redirectUri}.", "Apply makes a new one; the old one is kept until the new one has worked.");
        return Finding.Passed(ApplicationCode, "The application is as it was made", $"“{found.Name}” leads back to {ours.RedirectUri}.");
    }

    private static async Task AddBotAsync(List<Finding> findings, GitLab.AdministrationClient gitLab, ServerSetUp setUp, CancellationToken cancellationToken)
    {
        var plan = SetUpPlan.FromJson(setUp.Plan);
        if (SetUpStepRunner.IdOf(setUp, SetUpSteps.Bot) is not { } id) return;
        var bot = await gitLab.FindUserAsync(id, cancellationToken);
        if (bot is null)
        {
            findings.Add(Broken(BotCode, "The bot was deleted on GitLab", $"@{plan.BotUsername} is gone, and its token with it.", "Apply makes another bot and puts its token into the team's connection."));
            return;
        }

        if (bot.State is not (null or "active"))
        {
            findings.Add(Finding.Failed(BotCode, $"The bot is {bot.State}", $"GitLab refuses @{bot.Username}.", "Unblock the account in GitLab's admin area: the portal does not overrule a GitLab admin.", FixOwner.GitLabAdmin));
            return;
        }

        findings.Add(Finding.Passed(BotCode, "The bot is there", bot.Username == plan.BotUsername ? $"@{bot.Username} is active." : $"It was renamed from @{plan.BotUsername} to @{bot.Username}, which does no harm."));
        var active = (await gitLab.ListTokensAsync(id, cancellationToken)).Where(t => t.IsActive).ToList();
        findings.Add(active.Count > 0
            ? Finding.Passed(TokenCode, "The bot's token works", active[0].ExpiresOn is { } day ? $"“{active[0].Name}” works until {day:yyyy-MM-dd}." : $"“{active[0].Name}” does not expire.")
            : Broken(TokenCode, "The bot's token was revoked or has expired", $"@{bot.Username} has no token that works.", "Apply gives it a new one and puts it into the team's connection."));
    }

    private static Finding Broken(string code, string title, string seen, string fix) => Finding.Failed(code, title, seen, fix, FixOwner.You);
}
