using System.Security.Claims;
using Bunit;
using Bunit.TestDoubles;
using GitLabPortal.Data;
using GitLabPortal.Security;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Harness;
using GitLabPortal.UI;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Radzen;

namespace GitLabPortal.Tests.Teams;

/// <summary>Components of teams, rendered for one person over a real database.</summary>
public sealed class SettingsStage : BunitContext
{
    private readonly BunitAuthorizationContext authorization;

    public SettingsStage(PeopleDb people)
    {
        JSInterop.Mode = JSRuntimeMode.Loose;
        authorization = this.AddAuthorization();
        Services.AddUI();
        Services.AddSingleton<IDbContextFactory<PortalDb>>(people.Db);
        Services.AddSingleton<TimeProvider>(people.Clock);
        Services.AddSingleton(Options.Create(new PortalOptions { PublicUrl = "https://portal.example.com/" }));
        Services.AddTeams(new Microsoft.Extensions.Configuration.ConfigurationBuilder().Build());
        Services.AddSingleton(people.Memberships);
        Services.AddSingleton(people.Registrar);
    }

    public NavigationTarget Location => new(Services.GetRequiredService<BunitNavigationManager>());

    public IRenderedComponent<T> Open<T>(TeamAccess person) where T : TeamPage
    {
        authorization.SetAuthorized(person.AccountName);
        authorization.SetClaims(new Claim(ClaimTypes.NameIdentifier, person.AccountId.ToString()));
        return Render<T>(parameters => parameters.Add(p => p.Slug, person.Slug));
    }

    public void SignOutInThisPage() => authorization.SetNotAuthorized();

    /// <summary>Says yes to whatever is asked, and notes what that was.</summary>
    public List<string> AgreeToEverything()
    {
        var asked = new List<string>();
        var dialogs = Services.GetRequiredService<DialogService>();
        dialogs.OnOpen += (title, _, _, _) =>
        {
            asked.Add(title ?? "");
            dialogs.Close(true);
        };
        return asked;
    }
}

/// <summary>Where the page led to.</summary>
public sealed class NavigationTarget(BunitNavigationManager navigation)
{
    public string? Last => navigation.History.FirstOrDefault()?.Uri;

    public bool WasFullLoad => navigation.History.FirstOrDefault()?.Options.ForceLoad ?? false;
}
