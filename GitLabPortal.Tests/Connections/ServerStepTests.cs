using Bunit;
using GitLabPortal.Connections;
using GitLabPortal.Security;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Connections;

/// <summary>The wizard's first step, as it looks in each of its states.</summary>
public sealed class ServerStepTests : IAsyncLifetime
{
    private ConnectionStage connections = null!;
    private WizardStage stage = null!;

    public async ValueTask InitializeAsync()
    {
        connections = await ConnectionStage.StartAsync();
        stage = new WizardStage(connections, new PortalOptions { EgressAddresses = ["198.51.100.7"], SupportContact = "help@example.com" });
    }

    public async ValueTask DisposeAsync()
    {
        await stage.DisposeAsync();
        await connections.DisposeAsync();
    }

    [Fact]
    public void Waits_for_an_address_and_explains_itself()
    {
        var page = stage.OpenWizard(connections.Owner);

        page.Heading().ShouldBe("Step 1 of 4: Where is your GitLab?");
        page.FindAll(".step-name").Select(s => s.TextContent.Trim()).ShouldBe(["Server", "Token", "Paste and check", "Connect"]);
        page.Findings().ShouldBeEmpty();
        page.HasField("Connect without encryption").ShouldBeFalse();
        page.IsBusy().ShouldBeFalse();
        page.Find("a[href$='?mode=token']").TextContent.ShouldBe("I already have a token");
        var help = page.Find("details.help");
        help.QuerySelector("summary")!.TextContent.ShouldBe("My GitLab server is behind a firewall");
        help.TextContent.ShouldContain("198.51.100.7");
        help.TextContent.ShouldContain("help@example.com");
        help.TextContent.ShouldContain("port 443");
    }

    [Fact]
    public void Shows_what_was_understood_before_anything_is_asked()
    {
        var page = stage.OpenWizard(connections.Owner);

        page.Act(() => page.Field("GitLab server URL").Input(" GitLab.Example.COM/users/sign_in "));

        page.Find(".understood").TextContent.ShouldContain("https://gitlab.example.com");
        connections.GitLab.Requests.Count().ShouldBe(0);
        page.Act(() => page.Find("form").FocusOut());
        stage.Address.ShouldContain("url=https%3A%2F%2Fgitlab.example.com");
    }

    [Fact]
    public void Findings_come_in_while_the_check_runs_and_a_second_press_does_nothing()
    {
        connections.GitLab.Faults.Answer("/.well-known/openid-configuration", Fault.Hang());
        var page = stage.OpenWizard(connections.Owner, $"?url={Uri.EscapeDataString(connections.BaseUrl)}&plain-http=true");

        page.Act(() => page.Find("form").Submit());

        page.WaitForAssertion(() => page.Findings().ShouldBe(["Passed: Address", "Passed: Name found, private network", "Passed: Portal's rules", "Passed: Connection", "Checking the server…"]));
        page.Button("Continue").GetAttribute("aria-disabled").ShouldBe("true");
        page.Button("Continue").HasAttribute("disabled").ShouldBeFalse("a disabled button loses the keyboard's place");
        page.Field("GitLab server URL").HasAttribute("readonly").ShouldBeTrue();
        page.Act(() => page.Find("form").Submit());
        page.Findings().Length.ShouldBe(5);
    }

    [Fact]
    public void Text_that_is_no_address_is_told_at_the_field_and_stays_there()
    {
        var page = stage.OpenWizard(connections.Owner);

        page.EnterServer("not a url at all");

        page.WaitForAssertion(() => page.ErrorAt("GitLab server URL").ShouldNotBeNullOrEmpty());
        page.Field("GitLab server URL").GetAttribute("value").ShouldBe("not a url at all");
        page.WaitForAssertion(() => stage.FocusedErrors.ShouldBe(1));
    }

    [Fact]
    public void A_failure_says_what_was_seen_what_to_do_and_who_can()
    {
        var page = stage.OpenWizard(connections.Owner, "?url=http%3A%2F%2F127.0.0.1%3A1&plain-http=true");

        page.Act(() => page.Find("form").Submit());

        page.WaitForState(() => !page.IsBusy() && page.FindAll("[data-error]").Count == 1);
        var failed = page.Find(".finding[data-error]");
        failed.GetAttribute("tabindex").ShouldBe("-1");
        failed.TextContent.ShouldContain("Failed: Connection refused", Case.Sensitive);
        failed.TextContent.ShouldContain("Your GitLab admin can fix this: Check the port");
        page.ErrorAt("GitLab server URL").ShouldBeNull();
        page.Find("details.help").TextContent.ShouldContain("127.0.0.1, port 1 (TCP)");
    }

    [Fact]
    public void Plain_http_asks_for_a_tick_and_another_address_takes_the_tick_back()
    {
        var page = stage.OpenWizard(connections.Owner);

        page.EnterServer(connections.BaseUrl);
        page.WaitForState(() => page.HasField("Connect without encryption") && !page.IsBusy());
        page.Field("Connect without encryption").GetAttribute("aria-invalid").ShouldBe("true", "the focus goes to the question that stands");
        page.Act(() => page.Field("Connect without encryption").Change(true));
        page.Act(() => page.Field("GitLab server URL").Input("http://10.0.0.1"));

        page.HasField("Connect without encryption").ShouldBeFalse();
        page.Findings().ShouldBeEmpty();
        page.Act(() => page.Find("form").FocusOut());
        stage.Address.ShouldNotContain("plain-http");
        connections.GitLab.Requests.Count().ShouldBe(0);
    }

    [Fact]
    public void A_redirect_offers_the_other_address()
    {
        connections.GitLab.Faults.AnswerEverything(Fault.RedirectTo("https://gitlab.other.example/users/sign_in", 302));
        var page = stage.OpenWizard(connections.Owner, $"?url={Uri.EscapeDataString(connections.BaseUrl)}&plain-http=true");

        page.Act(() => page.Find("form").Submit());

        page.WaitForAssertion(() => page.HasButton("Use https://gitlab.other.example").ShouldBeTrue());
    }

    [Fact]
    public async Task A_server_that_the_team_has_is_warned_about_once_and_then_allowed()
    {
        await connections.ConnectAsync(name: "Main");
        var page = stage.OpenWizard(connections.Owner, $"?url={Uri.EscapeDataString(connections.BaseUrl)}&plain-http=true");

        page.Act(() => page.Find("form").Submit());
        page.WaitForAssertion(() => page.Find(".finding[data-error]").TextContent.ShouldContain("It is connected as “Main”."));
        page.Act(() => page.Find("form").Submit());

        page.WaitForAssertion(() => page.HasStep("Token").ShouldBeTrue());
        page.Find(".callout.is-warning").TextContent.ShouldContain("Not encrypted");
    }

    [Fact]
    public void A_token_in_the_address_field_goes_no_further()
    {
        var page = stage.OpenWizard(connections.Owner);
        var token = connections.NewToken().Secret;

        page.Act(() => page.Field("GitLab server URL").Input(token));

        page.ErrorAt("GitLab server URL").ShouldNotBeNull().ShouldContain("access token");
        page.Act(() => page.Find("form").FocusOut());
        page.Markup.ShouldNotContain(token);
        stage.Address.ShouldNotContain(token);
    }

    [Theory]
    [InlineData("?step=token")]
    [InlineData("?step=check&url=")]
    [InlineData("?step=connect")]
    public void No_step_can_be_skipped_by_its_address(string query)
    {
        var page = stage.OpenWizard(connections.Owner, query);

        page.WaitForAssertion(() => page.HasStep("Server").ShouldBeTrue());
        page.WaitForAssertion(() => stage.Address.ShouldEndWith("?step=server"));
    }

    [Fact]
    public async Task A_member_is_told_who_can_connect()
    {
        var team = await connections.ReadAsync(db => db.Set<Team>().SingleAsync());
        var member = await connections.Database.AddMemberAsync(team, await connections.Database.AddAccountAsync("Mia"), TeamRole.Member);

        var page = stage.OpenWizard(member, $"?step=check&url={Uri.EscapeDataString(connections.BaseUrl)}&plain-http=true");

        page.Markup.ShouldContain("Only an owner or admin of the team can connect a server.");
        page.FindAll("form, input, button").ShouldBeEmpty();
        connections.GitLab.Requests.Count().ShouldBe(0);
        (await connections.CountAsync<Connection>()).ShouldBe(0);
    }
}
