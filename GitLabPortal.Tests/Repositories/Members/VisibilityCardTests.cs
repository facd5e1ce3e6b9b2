using AngleSharp.Dom;
using Bunit;
using GitLabPortal.Connections;
using GitLabPortal.Repositories;
using GitLabPortal.Tests.Connections;
using GitLabPortal.Tests.Harness;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Repositories.Members;

/// <summary>The choice of who sees what, on a connection's card.</summary>
public sealed class VisibilityCardTests : IAsyncLifetime
{
    private ConnectionStage connections = null!;
    private WizardStage stage = null!;
    private Guid connection;

    public async ValueTask InitializeAsync()
    {
        connections = await ConnectionStage.StartAsync();
        stage = new WizardStage(connections);
        connection = await connections.ConnectAsync(name: "Main");
        await connections.SyncAsync(connection);
    }

    public async ValueTask DisposeAsync()
    {
        await stage.DisposeAsync();
        await connections.DisposeAsync();
    }

    [Fact]
    public void Each_choice_says_what_it_means_and_one_that_cannot_be_made_says_why_and_who_can_help()
    {
        var section = Open();

        Fact(section).ShouldContain("Everyone in the team sees what the token sees.");
        Radios(section).Select(r => r.GetAttribute("value")).ShouldBe(["Everyone", "Groups", "Members"]);
        Radios(section)[0].HasAttribute("checked").ShouldBeTrue();
        Radios(section)[2].HasAttribute("disabled").ShouldBeTrue();
        section.Find(".visibility .obstacle").TextContent.ShouldContain("A portal administrator can set that up on the page Servers.");
        section.Find(".visibility").TextContent.ShouldContain("whoever has not sees nothing");
    }

    [Fact]
    public async Task Chosen_groups_are_saved_and_shown()
    {
        var section = Open();
        section.Act(() => Radios(section)[1].Change("Groups"));
        section.Act(() => section.Find(".visibility").Submit());
        section.WaitForAssertion(() => section.Find(".visibility [role=alert], .visibility .callout").TextContent.ShouldContain("Choose at least one group."));

        section.WaitForElement(".group-row input");

        section.Act(() => section.Find(".group-row input").Change(true));
        section.Act(() => section.Find(".visibility").Submit());

        section.WaitForAssertion(() => Fact(section).ShouldContain("Everyone in the team sees the chosen groups."));
        (await connections.ReadAsync(db => db.Set<Connection>().Select(c => c.Coverage).SingleAsync())).ShouldBe(ConnectionCoverage.Groups);
    }

    [Fact]
    public async Task With_sign_in_set_up_each_member_may_see_their_own()
    {
        await connections.ReadAsync(async db =>
        {
            var server = await db.Set<Server>().SingleAsync();
            db.Add(new ServerApplication
            {
                ServerId = server.Id,
                ClientId = "x",
                ProtectedSecret = "",
                SecretKeyId = Guid.Empty,
                RedirectUri = "https://portal.example.com/sign-in/gitlab",
                Scopes = "read_user read_api",
                AllowsPlainHttp = true,
                CreatedAt = TimeProvider.System.GetUtcNow(),
            });
            return await db.SaveChangesAsync();
        });
        var section = Open();
        Radios(section)[2].HasAttribute("disabled").ShouldBeFalse();

        section.Act(() => Radios(section)[2].Change("Members"));
        section.Act(() => section.Find(".visibility").Submit());

        section.WaitForAssertion(() => Fact(section).ShouldContain("Each member what they may open on GitLab themselves. You have not linked your GitLab account yet."));
        (await connections.ReadAsync(db => db.Set<Connection>().Select(c => c.Audience).SingleAsync())).ShouldBe(ConnectionAudience.Members);
    }

    private IRenderedComponent<ConnectionsSection> Open()
    {
        var section = stage.OpenSection<ConnectionsSection>(connections.Owner);
        section.WaitForState(() => section.HasButton("Change who sees what"));
        section.Act(() => section.Button("Change who sees what").Click());
        section.WaitForElement(".visibility");
        return section;
    }

    private static IReadOnlyList<IElement> Radios(IRenderedComponent<ConnectionsSection> section) => [.. section.FindAll(".visibility input[type=radio]")];

    private static string Fact(IRenderedComponent<ConnectionsSection> section) =>
        section.FindAll("dt").Single(t => t.TextContent == "Who sees what").NextElementSibling!.TextContent;
}
