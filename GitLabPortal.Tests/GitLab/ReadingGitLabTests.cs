using GitLabPortal.GitLab;
using GitLabPortal.Tests.Sandbox;
using GitLabPortal.Tests.Security;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.GitLab;

public sealed class ReadingGitLabTests : IDisposable
{
    private static CancellationToken None => TestContext.Current.CancellationToken;

    private readonly TestOutbound outbound = TestOutbound.ToLoopback();

    public void Dispose() => outbound.Dispose();

    [Fact]
    public async Task Walks_all_projects_by_id_and_ends_at_the_empty_page()
    {
        await using var gitlab = await GitLabSandbox.WithProjects(250).StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.Root, scopes: ["api"]);
        var client = outbound.ClientOf(gitlab, token.Secret);

        List<GitLabProject> seen = [];
        GitLabPage<GitLabProject> page;
        do
        {
            page = await client.Projects.ListAsync(new() { IdAfter = seen.Count > 0 ? seen[^1].Id : null }, None);
            seen.AddRange(page.Items);
        }
        while (page.HasMore);

        var visible = gitlab.World.Projects.Where(p => !p.IsBeingDestroyed).Select(p => p.Id).ToArray();
        seen.Select(p => p.Id).ShouldBe(visible);
        gitlab.Requests.ProjectListPages.ShouldBe((visible.Length / 100) + 2);
        gitlab.Requests.All.ShouldAllBe(r => r.TokenId == token.Id && r.SentAs == "PRIVATE-TOKEN");
    }

    [Theory]
    [InlineData("13.12.15")]
    [InlineData("15.4.6-ee")]
    [InlineData("16.11.10")]
    [InlineData("19.3.0-ee")]
    public async Task Reads_projects_of_every_version(string version)
    {
        await using var gitlab = await GitLabSandbox.Version(version).StartAsync();
        var group = gitlab.World.AddGroup("tools", "Werkzeuge", visibility: SandboxVisibility.Internal);
        var project = gitlab.World.AddProject(group, "lathe");
        var token = gitlab.World.AddToken(gitlab.World.Root, scopes: ["api"]);
        var client = outbound.ClientOf(gitlab, token.Secret);

        var listed = (await client.Projects.ListAsync(new(), None)).Items.ShouldHaveSingleItem();
        var single = await client.Projects.GetAsync(project.Id, None);

        listed.ShouldBeEquivalentTo(single);
        single.Id.ShouldBe(project.Id);
        single.PathWithNamespace.ShouldBe("tools/lathe");
        single.Namespace.ShouldBe(new GitLabNamespace(group.Id, "tools", "group"));
        single.DefaultBranch.ShouldBe(project.DefaultBranch);
        single.Visibility.ShouldBe("private");
        single.HttpUrlToRepo.ShouldEndWith("/tools/lathe.git");
        single.LastActivityAt.ShouldNotBeNull();
    }

    [Fact]
    public async Task Cuts_what_is_longer_than_anybody_could_read()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var endless = new string('x', 1_000_000);
        gitlab.Faults.Answer("/api/v4/user", Fault.Custom(200, $$"""{"id":7,"username":"{{endless}}","name":"{{endless[..3999]}}🚀"}"""));
        gitlab.Faults.Answer("/api/v4/personal_access_tokens/self", Fault.Custom(
            200, $$"""{"id":7,"name":"{{endless}}","scopes":[{{string.Join(',', Enumerable.Repeat("\"api\"", 100_000))}}]}"""));
        var client = outbound.ClientOf(gitlab, "glpat-any");

        var user = await client.Users.GetCurrentAsync(None);
        var token = await client.Tokens.GetSelfAsync(None);

        (user.Username.Length, user.Name!.Length, token.Name!.Length, token.Scopes.Count).ShouldBe((4000, 3999, 4000, 200));
    }

    [Fact]
    public async Task Tells_topics_of_servers_that_still_call_them_tags()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        gitlab.Faults.Answer("/api/v4/projects/7", Fault.Custom(200, """{"id":7,"tag_list":["a","b"]}"""));
        gitlab.Faults.Answer("/api/v4/projects/8", Fault.Custom(200, """{"id":8,"topics":["c"],"tag_list":["a"]}"""));
        var client = outbound.ClientOf(gitlab, null);

        (await client.Projects.GetAsync(7, None)).Topics.ShouldBe(["a", "b"]);
        (await client.Projects.GetAsync(8, None)).Topics.ShouldBe(["c"]);
    }

    [Fact]
    public async Task Tells_archived_empty_forked_and_doomed_projects()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        gitlab.Faults.Answer("/api/v4/projects/9", Fault.Custom(200, """
            {"id":9,"archived":true,"empty_repo":true,"forked_from_project":{"id":3},"marked_for_deletion_at":"2026-12-01","star_count":4}
            """));

        var project = await outbound.ClientOf(gitlab, null).Projects.GetAsync(9, None);

        project.Archived.ShouldBeTrue();
        project.EmptyRepo.ShouldBeTrue();
        project.IsFork.ShouldBeTrue();
        project.MarkedForDeletionOn.ShouldBe(new DateOnly(2026, 12, 1));
        project.StarCount.ShouldBe(4);
    }

    [Theory]
    [InlineData("""{"id":1}""")]
    [InlineData("""{"id":"1","name":null,"namespace":null,"topics":null,"archived":null,"star_count":null,"last_activity_at":null,"forked_from_project":null}""")]
    [InlineData("""{"id":1,"name":17,"description":{"a":1},"topics":"x","archived":"yes","star_count":"many","last_activity_at":"soon","marked_for_deletion_on":"never","web_url":"javascript:alert(1)"}""")]
    [InlineData("""{"id":1,"visibility":"federated","namespace":{"kind":"hologram","full_path":"x","id":9999999999},"future":{"deep":[1,{"a":null}]}}""")]
    [InlineData("""{"id":1,"star_count":99999999999999999999,"topics":[null,1,{"a":2},["b"],"ok"]}""")]
    public async Task Survives_missing_null_odd_and_unknown_fields(string body)
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        gitlab.Faults.Answer("/api/v4/projects/1", Fault.Custom(200, body));

        var project = await outbound.ClientOf(gitlab, null).Projects.GetAsync(1, None);

        project.Id.ShouldBe(1);
        project.WebUrl.ShouldBeNull();
        project.Topics.ShouldAllBe(t => t.Length > 0);
    }

    [Fact]
    public async Task Keeps_an_unknown_visibility_and_a_large_id()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        gitlab.Faults.Answer("/api/v4/projects/9007199254740993", Fault.Custom(200, """{"id":9007199254740993,"visibility":"federated"}"""));

        var project = await outbound.ClientOf(gitlab, null).Projects.GetAsync(9007199254740993, None);

        (project.Id, project.Visibility).ShouldBe((9007199254740993, "federated"));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(405)]
    public async Task Falls_back_to_offsets_once_where_keyset_paging_is_refused(int status)
    {
        await using var gitlab = await GitLabSandbox.WithProjects(150).StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.Root, scopes: ["api"]);
        gitlab.Faults.Answer("/api/v4/projects", 1, Fault.Custom(status, """{"error":"Keyset pagination is not yet available for this type of request"}"""));
        var client = outbound.ClientOf(gitlab, token.Secret);

        var first = await client.Projects.ListAsync(new(), None);
        var second = await client.Projects.ListAsync(new() { IdAfter = first.Items[^1].Id }, None);

        second.Items[0].Id.ShouldBeGreaterThan(first.Items[^1].Id);
        gitlab.Requests.ProjectListPages.ShouldBe(3);
    }

    [Fact]
    public async Task Counts_projects_without_reading_them()
    {
        await using var gitlab = await GitLabSandbox.WithProjects(120).StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.Root, scopes: ["api"]);
        var client = outbound.ClientOf(gitlab, token.Secret);

        var all = await client.Projects.CountAsync(new(), None);
        var ofVisibility = await client.Projects.CountAsync(new() { Visibility = "private" }, None);

        all.IsLowerBound.ShouldBeFalse();
        all.Count.ShouldBe(gitlab.World.Projects.Count(p => !p.IsBeingDestroyed));
        ofVisibility.Count.ShouldBe(gitlab.World.Projects.Count(p => !p.IsBeingDestroyed && p.Visibility is SandboxVisibility.Private));
        gitlab.Requests.Count().ShouldBe(2);
    }

    [Fact]
    public async Task Says_more_than_ten_thousand_when_gitlab_stops_counting()
    {
        await using var gitlab = await GitLabSandbox.WithProjects(10_100).StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.Root, scopes: ["api"]);

        (await outbound.ClientOf(gitlab, token.Secret).Projects.CountAsync(new(), None)).ShouldBe(new ProjectCount(10_000, IsLowerBound: true));
    }

    [Fact]
    public async Task Refuses_a_page_that_does_not_go_on_after_the_given_id()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        gitlab.Faults.Answer("/api/v4/projects", Fault.Custom(200, """[{"id":5},{"id":6}]"""));

        var refused = await Should.ThrowAsync<GitLabUnexpectedAnswerException>(
            () => outbound.ClientOf(gitlab, null).Projects.ListAsync(new() { IdAfter = 6 }, None));

        refused.Kind.ShouldBe(UnexpectedKind.WrongShape);
    }

    [Fact]
    public async Task Works_below_a_relative_root()
    {
        await using var gitlab = await GitLabSandbox.WithProjects(3).WithRelativeRoot("/tools/gitlab").StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.Root, scopes: ["api"]);

        var page = await outbound.ClientOf(gitlab, token.Secret).Projects.ListAsync(new(), None);

        page.Items.Count.ShouldBe(3);
        gitlab.Requests.Last!.FullPath.ShouldBe("/tools/gitlab/api/v4/projects");
    }

    [Fact]
    public async Task Notes_that_links_name_another_host_and_asks_only_its_own()
    {
        await using var gitlab = await GitLabSandbox.WithProjects(3).WithExternalUrl("https://git.example.com").StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.Root, scopes: ["api"]);

        var page = await outbound.ClientOf(gitlab, token.Secret).Projects.ListAsync(new(), None);

        page.LinkHost.ShouldNotBeNull().ShouldStartWith("git.example.com");
        outbound.Dialled.ShouldAllBe(e => e.Port == gitlab.Url.Port);
    }

    [Theory]
    [InlineData("18.9.0-ee", true)]
    [InlineData("15.4.6-ee", null)]
    [InlineData("13.12.15", null)]
    public async Task Reads_the_version_of_old_and_new_servers(string version, bool? isEnterprise)
    {
        await using var gitlab = await GitLabSandbox.Version(version).StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.Root, scopes: ["read_api"]);

        var metadata = await outbound.ClientOf(gitlab, token.Secret).Metadata.GetAsync(None);

        (metadata.Version, metadata.IsEnterprise).ShouldBe((version, isEnterprise));
    }

    [Theory]
    [InlineData("18.9.0-ee", 16, 10, true)]
    [InlineData("16.9.8", 16, 10, false)]
    [InlineData("19.0.0-pre", 19, 0, true)]
    [InlineData("17.11.0-rc42-ee", 17, 11, true)]
    [InlineData("unknown", 1, 0, false)]
    [InlineData("15", 1, 0, false)]
    public void Compares_versions_by_their_beginning(string version, int major, int minor, bool expected) =>
        new GitLabMetadata(version, null, null).IsAtLeast(major, minor).ShouldBe(expected);

    [Fact]
    public async Task Reads_token_and_user()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.Root, scopes: ["api", "read_user"]);
        var client = outbound.ClientOf(gitlab, token.Secret);

        var self = await client.Tokens.GetSelfAsync(None);
        var user = await client.Users.GetCurrentAsync(None);

        (self.Id, self.UserId, self.ExpiresOn, self.Active).ShouldBe((token.Id, gitlab.World.Root.Id, token.ExpiresAt, true));
        self.Scopes.ShouldBe(["api", "read_user"], ignoreOrder: true);
        (user.Username, user.IsAdmin, user.IsBot).ShouldBe(("root", true, false));
    }

    [Fact]
    public async Task Lists_searches_and_reads_groups()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        for (var i = 0; i < 101; i++) gitlab.World.AddGroup($"group-{i:000}");
        var sub = gitlab.World.AddGroup("inner & outer".Replace(" & ", "-"), "Inner & outer", parent: gitlab.World.FindGroup("group-000"));
        var token = gitlab.World.AddToken(gitlab.World.Root, scopes: ["read_api"]);
        var client = outbound.ClientOf(gitlab, token.Secret);

        var first = await client.Groups.ListAsync(null, 1, None);
        var second = await client.Groups.ListAsync(null, 2, None);
        var found = await client.Groups.ListAsync("inner & OUTER", 1, None);
        var read = await client.Groups.GetAsync(sub.Id, None);

        (first.Items.Count, first.Total, first.HasMore).ShouldBe((100, 102, true));
        (second.Items.Count, second.HasMore).ShouldBe((2, false));
        found.Items.ShouldHaveSingleItem().FullPath.ShouldBe("group-000/inner-outer");
        (read.Id, read.FullPath, read.ParentId).ShouldBe((sub.Id, "group-000/inner-outer", gitlab.World.FindGroup("group-000")!.Id));
        gitlab.Requests.Last!.Query.ShouldContain("with_projects=false");
    }

    [Theory]
    [InlineData("api", true, false)]
    [InlineData("api,admin_mode", true, true)]
    [InlineData("api", false, true)]
    public async Task Tells_whether_administrator_calls_work(string scopes, bool adminMode, bool expected)
    {
        await using var gitlab = await GitLabSandbox.Version("18.9.0-ee").StartAsync();
        gitlab.World.Settings.AdminMode = adminMode;
        var admin = gitlab.World.AddToken(gitlab.World.Root, scopes.Split(','));
        var person = gitlab.World.AddToken(gitlab.World.AddUser("person"), ["api"]);

        (await outbound.ClientOf(gitlab, admin.Secret).Applications.MayListAsync(None)).ShouldBe(expected);
        (await outbound.ClientOf(gitlab, person.Secret).Applications.MayListAsync(None)).ShouldBeFalse();
    }
}
