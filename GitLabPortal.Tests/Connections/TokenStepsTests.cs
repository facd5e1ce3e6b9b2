using Bunit;
using GitLabPortal.Connections;
using GitLabPortal.Connections.Wizard;
using GitLabPortal.Security;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Connections;

/// <summary>The wizard from the token on, as it looks in each of its states. The token's text is in none of them.</summary>
public sealed class TokenStepsTests : IAsyncLifetime
{
    private ConnectionStage connections = null!;
    private WizardStage stage = null!;

    public async ValueTask InitializeAsync()
    {
        connections = await ConnectionStage.StartAsync();
        stage = new WizardStage(connections);
    }

    public async ValueTask DisposeAsync()
    {
        await stage.DisposeAsync();
        await connections.DisposeAsync();
    }

    [Fact]
    public void The_token_step_says_which_account_which_scopes_and_why()
    {
        var page = stage.OpenWizard(connections.Owner);
        page.AcceptServer(connections.BaseUrl);

        page.Heading().ShouldBe("Step 2 of 4: Create a token for the portal");
        var create = page.FindAll("a").Single(a => a.TextContent.Trim() == "Create the token on GitLab");
        create.GetAttribute("href")!.ShouldStartWith($"{connections.BaseUrl}/-/user_settings/personal_access_tokens?name=GitLabPortal&description=");
        create.GetAttribute("href")!.ShouldEndWith("&scopes=api,read_user,read_repository");
        create.GetAttribute("rel").ShouldBe("noopener noreferrer");
        page.FindAll("a").Single(a => a.TextContent.Trim() == "GitLab 16.6 or older").GetAttribute("href")!.ShouldContain("/-/profile/personal_access_tokens?");
        page.FindAll("dl.scopes dt").Select(d => d.TextContent).ShouldBe(["api", "read_user", "read_repository"]);
        page.FindAll("dl.scopes dd").ShouldAllBe(d => d.TextContent.Length > 10);
        page.FindAll("ol.numbered li").Count.ShouldBe(6);
        foreach (var words in new[] { "bot account", "365 days", "only once", "16.6 or older" }) page.Markup.ShouldContain(words);
        stage.Address.ShouldContain("step=token");
        stage.Address.ShouldContain("plain-http=true");
    }

    [Fact]
    public void Read_only_asks_for_less_and_says_what_will_not_work()
    {
        var page = stage.OpenWizard(connections.Owner);
        page.AcceptServer(connections.BaseUrl);

        page.Act(() => page.Find("input[type=radio][value=read]").Change("read"));

        page.WaitForAssertion(() => page.FindAll("a").Single(a => a.TextContent.Trim() == "Create the token on GitLab").GetAttribute("href")!.ShouldEndWith("&scopes=read_api,read_user,read_repository"));
        page.FindAll("dl.scopes dt").Select(d => d.TextContent).ShouldBe(["read_api", "read_user", "read_repository"]);
        page.Find("label.is-chosen").TextContent.ShouldContain("Webhooks and renewing the token by the portal will then not work.");
        stage.Address.ShouldContain("read-only=true");
    }

    [Fact]
    public void A_refused_token_is_told_at_the_field_with_its_passport_and_is_gone()
    {
        var token = connections.NewToken("read_user").Secret;
        var page = AtTheField(token);

        page.Act(() => page.Find("form").Submit());

        page.WaitForAssertion(() => page.ErrorAt("Personal access token").ShouldBe("Cannot list repositories. The cause and what to do stand below."));
        page.WaitForAssertion(() => page.Findings().ShouldContain("Failed: Cannot list repositories"));
        page.Find(".finding[data-error]").TextContent.ShouldContain("You can fix this: Create a token with the scope read_api");
        page.FindAll(".passport tbody tr").ShouldContain(r => r.TextContent.Contains("List repositories") && r.TextContent.Contains("Cannot") && r.TextContent.Contains("read_api"));
        page.WaitForAssertion(() => stage.FocusedErrors.ShouldBeGreaterThan(1));
        page.Field("Personal access token").HasAttribute("value").ShouldBeFalse();
        page.HasStep("Paste and check").ShouldBeTrue();
        page.Markup.ShouldNotContain(token);
        stage.Address.ShouldNotContain(token);
    }

    [Fact]
    public void An_empty_field_asks_nobody()
    {
        var page = AtTheField("  ");
        connections.GitLab.Requests.Clear();

        page.Act(() => page.Find("form").Submit());

        page.WaitForAssertion(() => page.ErrorAt("Personal access token").ShouldNotBeNull().ShouldContain("No token"));
        connections.GitLab.Requests.Count().ShouldBe(0);
    }

    [Fact]
    public void Going_back_while_the_token_is_checked_stops_the_check_and_pulls_nobody_forward()
    {
        connections.GitLab.Faults.Answer("/api/v4/user", Fault.Hang());
        var token = connections.NewToken().Secret;
        var page = AtTheField(token);

        page.Act(() => page.Find("form").Submit());
        page.WaitForAssertion(() => page.Findings()[^2..].ShouldBe(["Passed: Token accepted", "Asking GitLab about the token…"]));
        page.Button("Continue").GetAttribute("aria-disabled").ShouldBe("true");
        page.Markup.ShouldNotContain(token);
        page.Act(() => page.Button("Back").Click());
        page.WaitForState(() => page.HasStep("Token"));
        page.Act(() => page.Button("Continue").Click());

        page.WaitForAssertion(() => page.HasStep("Paste and check").ShouldBeTrue());
        page.WaitForState(() => !page.IsBusy());
        page.Findings().ShouldAllBe(f => !f.Contains("Token accepted"));
        page.HasButton("Go on with the checked token").ShouldBeFalse();
    }

    [Fact]
    public async Task The_last_step_says_in_one_sentence_who_will_see_what()
    {
        var team = await connections.ReadAsync(db => db.Set<Team>().SingleAsync());
        for (var i = 0; i < 2; i++) await connections.Database.AddMemberAsync(team, await connections.Database.AddAccountAsync($"Mia {i}"), TeamRole.Member);
        var token = connections.NewToken().Secret;
        var page = AtTheLastStep(token);
        var all = connections.GitLab.World.Projects.Where(new Viewer(connections.GitLab.World, connections.Bot, hasAdminPowers: false).CanSee).ToList();

        page.Heading().ShouldBe("Step 4 of 4: The token works: choose what the team gets");
        page.Find(".callout.is-info").TextContent.Trim().ShouldBe(
            $"Everything this token can see becomes visible to all 3 members of the team: {all.Count} repositories, {all.Count(p => p.Visibility == SandboxVisibility.Private)} of them private.");
        page.Act(() => page.Find("input[type=radio][value=Memberships]").Change("Memberships"));
        page.WaitForAssertion(() => page.Find(".callout.is-info").TextContent.ShouldContain("that the token's account is a member of becomes visible to all 3 members"));
        page.Act(() => page.Find("input[type=radio][value=Groups]").Change("Groups"));
        page.Act(() => page.Find("form").Submit());

        page.WaitForAssertion(() => page.Find(".callout.is-danger[data-error]").TextContent.ShouldContain("Choose at least one group"));
        page.Markup.ShouldNotContain(token);
        (await connections.CountAsync<Connection>()).ShouldBe(0);
    }

    [Fact]
    public async Task A_name_that_is_taken_is_refused_and_the_checked_token_stays_ready()
    {
        await connections.ConnectAsync(name: "Main");
        var page = AtTheLastStep(connections.NewToken().Secret, knowsServer: true);

        page.Act(() => page.Field("Name").Change("Main"));
        page.Act(() => page.Find("form").Submit());
        page.WaitForAssertion(() => page.Find(".callout.is-danger[data-error]").TextContent.ShouldContain("“Main” was added meanwhile"));
        page.Act(() => page.Field("Name").Change("Second"));
        page.Act(() => page.Find("form").Submit());

        page.WaitForAssertion(() => stage.Address.ShouldEndWith("/team/alpha/settings#connections"));
        (await connections.ReadAsync(db => db.Set<Connection>().Select(c => c.Name).OrderBy(n => n).ToListAsync())).ShouldBe(["Main", "Second"]);
    }

    [Fact]
    public void After_a_reload_of_the_last_step_the_token_is_asked_for_again()
    {
        var page = stage.OpenWizard(connections.Owner, $"?step=connect&url={Uri.EscapeDataString(connections.BaseUrl)}&plain-http=true&read-only=true");

        page.WaitForAssertion(() => page.HasStep("Paste and check").ShouldBeTrue());
        page.Find(".callout.is-info").TextContent.ShouldContain("the token is gone");
        page.WaitForAssertion(() => stage.Address.ShouldContain("step=check"));
        stage.Address.ShouldContain("read-only=true");
    }

    [Theory]
    [InlineData("?mode=token")]
    [InlineData("?step=check&plain-http=true&url=")]
    public async Task Over_plain_http_from_another_machine_there_is_no_field_for_a_token(string query)
    {
        await using var remote = new WizardStage(connections, portalAddress: "http://portal.example/");
        var address = query.EndsWith('=') ? query + Uri.EscapeDataString(connections.BaseUrl) : query;

        var page = remote.OpenWizard(connections.Owner, address);

        page.WaitForAssertion(() => page.Markup.ShouldContain("This page is not encrypted"));
        page.Markup.ShouldContain("Portal:AllowInsecureTokenEntry");
        page.FindAll("input[type=password]").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("http://portal.example/", true)]
    [InlineData("https://portal.example/", false)]
    public async Task The_operator_or_https_make_the_field_appear(string portalAddress, bool isAllowed)
    {
        await using var remote = new WizardStage(connections, new PortalOptions { AllowInsecureTokenEntry = isAllowed }, portalAddress);

        var page = remote.OpenWizard(connections.Owner, "?mode=token");

        page.HasField("Personal access token").ShouldBeTrue();
        page.Markup.ShouldNotContain("This page is not encrypted");
    }

    [Fact]
    public async Task One_form_connects_with_the_same_checks_and_refusals()
    {
        var bad = connections.NewToken("read_user").Secret;
        var good = connections.NewToken().Secret;
        var page = stage.OpenWizard(connections.Owner, "?mode=token");
        page.Act(() => page.Field("GitLab server URL").Input(connections.BaseUrl));
        stage.HaveInTheField(bad);

        page.Act(() => page.Find("form").Submit());
        page.WaitForState(() => !page.IsBusy() && page.HasField("Connect without encryption"));
        page.Act(() => page.Field("Connect without encryption").Change(true));
        page.Act(() => page.Find("form").Submit());
        page.WaitForAssertion(() => page.ErrorAt("Personal access token").ShouldNotBeNull().ShouldStartWith("Cannot list repositories."));
        page.Field("GitLab server URL").GetAttribute("value").ShouldBe(connections.BaseUrl);
        (await connections.CountAsync<Connection>()).ShouldBe(0);
        stage.HaveInTheField(good);
        page.Act(() => page.Find("form").Submit());

        page.WaitForAssertion(() => stage.Address.ShouldEndWith("/team/alpha/settings#connections"));
        page.Markup.ShouldNotContain(bad);
        page.Markup.ShouldNotContain(good);
        (await connections.CountAsync<Connection>()).ShouldBe(1);
    }

    private IRenderedComponent<ConnectPage> AtTheField(string token, bool knowsServer = false)
    {
        stage.HaveInTheField(token);
        var page = knowsServer
            ? stage.OpenWizard(connections.Owner, $"?step=token&plain-http=true&url={Uri.EscapeDataString(connections.BaseUrl)}")
            : stage.OpenWizard(connections.Owner);
        if (knowsServer) page.WaitForState(() => page.HasStep("Token"));
        else page.AcceptServer(connections.BaseUrl);
        page.Act(() => page.Button("Continue").Click());
        page.WaitForState(() => page.HasField("Personal access token"));
        return page;
    }

    private IRenderedComponent<ConnectPage> AtTheLastStep(string token, bool knowsServer = false)
    {
        var page = AtTheField(token, knowsServer);
        page.Act(() => page.Find("form").Submit());
        page.WaitForState(() => page.HasStep("Connect") && !page.IsBusy());
        return page;
    }
}
