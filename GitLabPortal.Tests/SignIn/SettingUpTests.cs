using System.Net;
using GitLabPortal.Accounts;
using GitLabPortal.SignIn;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Harness;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.SignIn;

public sealed class SettingUpTests : IAsyncLifetime
{
    private PortalApp portal = null!;
    private PortalBrowser browser = null!;

    public async ValueTask InitializeAsync()
    {
        portal = await PortalApp.StartAsync();
        browser = portal.OpenBrowser();
    }

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        await portal.DisposeAsync();
    }

    [Fact]
    public async Task The_first_person_is_signed_in_owns_the_team_and_looks_after_the_portal()
    {
        var answer = await browser.SetUpAsync(name: "Ada 👩‍💻", team: "Rocket Science");

        answer.Status.ShouldBe(HttpStatusCode.Redirect);
        answer.Location.ShouldBe("/team/rocket-science");
        (await browser.OpenAsync("/profile")).Input("Name").Value.ShouldBe("Ada 👩‍💻");
        var access = await portal.AccessAsync("rocket-science");
        access.Role.ShouldBe(TeamRole.Owner);
        (await portal.Services.GetRequiredService<AccountQueries>().FindAsync(access.AccountId, CancellationToken.None))!
            .IsPortalAdministrator.ShouldBeTrue();
    }

    [Fact]
    public async Task Afterwards_the_page_is_gone_even_with_the_code()
    {
        var page = await browser.OpenAsync($"/setup?code={PortalApp.SetUpCode}");
        await browser.SetUpAsync();
        using var stranger = portal.OpenBrowser();

        (await stranger.OpenAsync($"/setup?code={PortalApp.SetUpCode}")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await stranger.OpenAsync("/setup")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await stranger.OpenAsync("/sign-in")).Status.ShouldBe(HttpStatusCode.OK);
        page.Heading.ShouldBe("Set up this portal");
    }

    [Theory]
    [InlineData("/setup")]
    [InlineData("/setup?code=")]
    [InlineData("/setup?code=wrong")]
    [InlineData("/setup?code=set-up-code-of-the-test")]
    public async Task Without_the_code_the_page_says_where_to_find_it_and_has_no_form(string path)
    {
        var answer = await browser.OpenAsync(path);

        answer.Status.ShouldBe(HttpStatusCode.Forbidden);
        answer.Heading.ShouldBe("This portal is not set up yet");
        answer.Page.QuerySelectorAll("form, input").ShouldBeEmpty();
        answer.Text.ShouldNotContain(PortalApp.SetUpCode);
    }

    [Fact]
    public async Task A_post_with_a_wrong_code_sets_nothing_up()
    {
        var page = await browser.OpenAsync($"/setup?code={PortalApp.SetUpCode}");

        var answer = await browser.PostAsync("/setup?code=wrong", HiddenFieldsOf(page)
            .Append(("Input.Name", "Eve")).Append(("Input.Email", "eve@example.com")).Append(("Input.Password", PortalApp.Password))
            .Append(("Input.TeamName", "Mine")).ToArray());

        ((int)answer.Status).ShouldBeInRange(400, 499);
        (await portal.Services.GetRequiredService<AccountQueries>().AnyAsync(CancellationToken.None)).ShouldBeFalse();
    }

    [Fact]
    public async Task Of_ten_who_set_up_at_once_one_wins()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Task.Run(async () =>
        {
            await using var scope = portal.Services.CreateAsyncScope();
            return await scope.ServiceProvider.GetRequiredService<SetUpPortal>().RunAsync(
                PortalApp.SetUpCode, new FirstPerson($"P{i}", $"p{i}@example.com", PortalApp.Password, $"Team {i}"), CancellationToken.None);
        })));

        results.Count(r => r.IsSuccess).ShouldBe(1);
        results.Where(r => !r.IsSuccess).ShouldAllBe(r => r.Code() == "setup-done");
    }

    [Fact]
    public async Task Says_beside_each_field_what_is_wrong_and_keeps_everything_but_the_password()
    {
        var answer = await browser.SubmitAsync(
            $"/setup?code={PortalApp.SetUpCode}", "Create account",
            ("Name", "<b>Ada</b>"), ("Email", "nonsense"), ("Password", "too short"), ("Team name", ""));

        answer.Status.ShouldBe(HttpStatusCode.OK);
        answer.ErrorAt("Name").ShouldBeNull();
        answer.ErrorAt("Email").ShouldBe("This is not an e-mail address. It looks like name@example.com.");
        answer.ErrorAt("Password").ShouldBe("Use at least 10 characters.");
        answer.ErrorAt("Team name").ShouldBe("Enter a name for the team.");
        answer.Input("Name").Value.ShouldBe("<b>Ada</b>");
        answer.Input("Email").Value.ShouldBe("nonsense");
        answer.Input("Password").Value.ShouldBe("");
        answer.Page.QuerySelectorAll("[autofocus]").ShouldHaveSingleItem().ShouldBe(answer.Input("Email"));
        answer.Page.QuerySelectorAll("b").ShouldBeEmpty();
    }

    [Fact]
    public async Task Fields_of_ten_thousand_characters_are_refused_politely()
    {
        var endless = new string('x', 10_000);

        var answer = await browser.SetUpAsync(email: endless, team: endless, name: endless, password: endless);

        answer.Status.ShouldBe(HttpStatusCode.OK);
        foreach (var label in new[] { "Name", "Email", "Password", "Team name" }) answer.ErrorAt(label).ShouldNotBeNull();
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/team/rocket")]
    [InlineData("/profile")]
    [InlineData("/nowhere")]
    public async Task Until_then_everything_leads_here(string path)
    {
        var first = await browser.OpenAsync(path);
        first.Location!.ShouldStartWith("/sign-in");

        (await browser.OpenAsync(first.Location!)).Location.ShouldBe("/setup");
    }

    [Fact]
    public async Task The_link_is_printed_once_with_an_address_that_can_be_opened()
    {
        using var console = new StringWriter();
        var announcement = ActivatorUtilities.CreateInstance<SetUpAnnouncement>(portal.Services, console);

        await announcement.StartedAsync(CancellationToken.None);
        console.ToString().ShouldContain($"{portal.Address}setup?code={PortalApp.SetUpCode}");

        await browser.SetUpAsync();
        console.GetStringBuilder().Clear();
        await announcement.StartedAsync(CancellationToken.None);
        console.ToString().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("http://[::]:5080", "http://localhost:5080")]
    [InlineData("http://0.0.0.0:8080", "http://localhost:8080")]
    [InlineData("https://*:8443", "https://localhost:8443")]
    [InlineData("http://localhost:5080", "http://localhost:5080")]
    [InlineData("http://192.0.2.7:80", "http://192.0.2.7:80")]
    public void An_address_that_means_everywhere_is_shown_as_localhost(string listening, string shown) =>
        SetUpAnnouncement.Reachable(listening).ShouldBe(shown);

    private static IEnumerable<(string, string)> HiddenFieldsOf(PortalAnswer page) =>
        page.Page.QuerySelectorAll("input[type=hidden]").Select(i => (i.GetAttribute("name")!, i.GetAttribute("value")!));
}
