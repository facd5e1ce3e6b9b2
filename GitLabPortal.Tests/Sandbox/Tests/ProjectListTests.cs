using System.Web;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Sandbox.Tests;

public sealed class ProjectListTests
{
    private const string Keyset = "/api/v4/projects?pagination=keyset&order_by=id&sort=asc";

    [Fact]
    public async Task Keyset_ends_with_an_empty_page_without_link()
    {
        var (gitlab, token) = await StartAsync(250);
        await using var _ = gitlab;
        List<long> seen = [];
        var path = Keyset + "&per_page=100";
        Reply reply;
        while (true)
        {
            reply = await gitlab.GetAsync(path, token);
            if (reply.Json.GetArrayLength() == 0)
                break;
            seen.AddRange(reply.Json.EnumerateArray().Select(p => p.GetProperty("id").GetInt64()));
            reply.Has("X-Total").ShouldBeFalse();
            reply.Has("X-Per-Page").ShouldBeFalse();
            var link = reply.Header("Link").ShouldNotBeNull();
            link.ShouldEndWith("rel=\"next\"");
            link.ShouldContain($"id_after={seen[^1]}");
            path = new Uri(link[1..link.IndexOf('>')]).PathAndQuery;
        }

        reply.Body.ShouldBe("[]");
        reply.Has("Link").ShouldBeFalse();
        seen.ShouldBe(gitlab.World.Projects.Select(p => p.Id));
        gitlab.Requests.ProjectListPages.ShouldBe(4);
    }

    [Fact]
    public async Task Keyset_walks_backwards_with_id_before()
    {
        var (gitlab, token) = await StartAsync(30);
        await using var _ = gitlab;

        var reply = await gitlab.GetAsync("/api/v4/projects?pagination=keyset&order_by=id&per_page=10", token);

        reply.Json[0].GetProperty("id").GetInt64().ShouldBe(gitlab.World.Projects[^1].Id);
        reply.Header("Link").ShouldNotBeNull().ShouldContain($"id_before={reply.Json[9].GetProperty("id").GetInt64()}");
    }

    [Theory]
    [InlineData("/api/v4/projects?pagination=keyset")]
    [InlineData("/api/v4/projects?pagination=keyset&order_by=name")]
    public async Task Keyset_takes_no_other_order_than_id(string path)
    {
        var (gitlab, token) = await StartAsync(3);
        await using var _ = gitlab;

        var reply = await gitlab.GetAsync(path, token);

        reply.Status.ShouldBe(405);
        reply.Body.ShouldBe("""{"error":"Keyset pagination is not yet available for this type of request"}""");
    }

    [Fact]
    public async Task Offset_pages_carry_all_headers_and_echo_the_defaults()
    {
        var (gitlab, token) = await StartAsync(50);
        await using var _ = gitlab;

        var reply = await gitlab.GetAsync("/api/v4/projects?per_page=20&page=2&simple=true", token);

        reply.Header("X-Page").ShouldBe("2");
        reply.Header("X-Next-Page").ShouldBe("3");
        reply.Header("X-Prev-Page").ShouldBe("1");
        reply.Header("X-Total").ShouldBe("50");
        reply.Header("X-Total-Pages").ShouldBe("3");
        var links = reply.Header("Link").ShouldNotBeNull().Split(", ");
        links.Select(l => l[(l.IndexOf("rel=", StringComparison.Ordinal) + 5)..^1]).ShouldBe(["prev", "next", "first", "last"]);
        var query = HttpUtility.ParseQueryString(new Uri(links[1][1..links[1].IndexOf('>')]).Query);
        query["page"].ShouldBe("3");
        query["simple"].ShouldBe("true");
        query["order_by"].ShouldBe("created_at");
        query["membership"].ShouldBe("false");
    }

    [Fact]
    public async Task The_ends_have_empty_page_headers_and_pages_past_the_end_are_empty()
    {
        var (gitlab, token) = await StartAsync(10);
        await using var _ = gitlab;

        var only = await gitlab.GetAsync("/api/v4/projects", token);
        only.Header("X-Next-Page").ShouldBe("");
        only.Header("X-Prev-Page").ShouldBe("");
        var past = await gitlab.GetAsync("/api/v4/projects?page=9", token);
        past.Status.ShouldBe(200);
        past.Body.ShouldBe("[]");
    }

    [Fact]
    public async Task Totals_are_dropped_above_ten_thousand()
    {
        var (gitlab, token) = await StartAsync(10_001);
        await using var _ = gitlab;

        var reply = await gitlab.GetAsync("/api/v4/projects?simple=true&per_page=1", token);

        reply.Has("X-Total").ShouldBeFalse();
        reply.Has("X-Total-Pages").ShouldBeFalse();
        reply.Header("X-Next-Page").ShouldBe("2");
        reply.Header("Link").ShouldNotBeNull().ShouldNotContain("rel=\"last\"");
        gitlab.World.Delete(gitlab.World.Projects[0]);
        (await gitlab.GetAsync("/api/v4/projects?simple=true&per_page=1", token)).Header("X-Total").ShouldBe("10000");
    }

    [Fact]
    public async Task A_page_is_clamped_to_a_hundred()
    {
        var (gitlab, token) = await StartAsync(120);
        await using var _ = gitlab;

        var reply = await gitlab.GetAsync("/api/v4/projects?per_page=500&simple=true", token);

        reply.Header("X-Per-Page").ShouldBe("100");
        reply.Json.GetArrayLength().ShouldBe(100);
    }

    [Theory]
    [InlineData("per_page=0", "per_page has a value not allowed")]
    [InlineData("page=0", "page does not have a valid value")]
    [InlineData("order_by=colour", "order_by does not have a valid value")]
    [InlineData("id_after=abc", "id_after is invalid")]
    [InlineData("membership=perhaps", "membership is invalid")]
    [InlineData("visibility=secret", "visibility does not have a valid value")]
    public async Task Wrong_parameters_are_named(string query, string error)
    {
        var (gitlab, token) = await StartAsync(3);
        await using var _ = gitlab;

        var reply = await gitlab.GetAsync("/api/v4/projects?" + query, token);

        reply.Status.ShouldBe(400);
        reply.Body.ShouldBe($$"""{"error":"{{error}}"}""");
    }

    [Fact]
    public async Task Updated_filters_demand_their_order()
    {
        var (gitlab, token) = await StartAsync(3);
        await using var _ = gitlab;

        (await gitlab.GetAsync("/api/v4/projects?updated_after=2020-01-01T00:00:00Z", token)).Body
            .ShouldBe("""{"message":"400 Bad request - `updated_at` filter and `updated_at` sorting must be paired"}""");
        (await gitlab.GetAsync("/api/v4/projects?updated_after=2020-01-01T00:00:00Z&order_by=updated_at", token)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Filters_filter_and_false_means_no_filter()
    {
        var (gitlab, token) = await StartAsync(300);
        await using var _ = gitlab;
        async Task<int> Total(string query) => int.Parse((await gitlab.GetAsync("/api/v4/projects?per_page=1&" + query, token)).Header("X-Total")!);
        var projects = gitlab.World.Projects;

        (await Total("archived=true")).ShouldBe(projects.Count(p => p.IsArchived));
        (await Total("archived=false")).ShouldBe(projects.Count(p => !p.IsArchived));
        (await Total("active=true")).ShouldBe(projects.Count(p => !p.IsArchived && p.MarkedForDeletionOn is null));
        (await Total("visibility=internal")).ShouldBe(projects.Count(p => p.Visibility is SandboxVisibility.Internal));
        (await Total("membership=false")).ShouldBe(300);
        (await Total("membership=true")).ShouldBe(0);
        (await Total("topic=pci")).ShouldBe(projects.Count(p => p.Topics.Contains("pci")));
        (await Total("search=ledger")).ShouldBeInRange(1, 60);
        (await Total("search=0")).ShouldBe(1);
        (await Total("no_such_parameter=1")).ShouldBe(300);
    }

    [Theory]
    [InlineData("name")]
    [InlineData("last_activity_at")]
    [InlineData("star_count")]
    public async Task Orders_run_both_ways(string order)
    {
        var (gitlab, token) = await StartAsync(60);
        await using var _ = gitlab;
        async Task<List<long>> Ids(string sort) => [.. (await gitlab.GetAsync($"/api/v4/projects?simple=true&per_page=100&order_by={order}&sort={sort}", token)).Json.EnumerateArray().Select(p => p.GetProperty("id").GetInt64())];

        var ascending = await Ids("asc");

        ascending.ShouldBe(Enumerable.Reverse(await Ids("desc")));
        ascending.SequenceEqual(ascending.Order()).ShouldBeFalse();
    }

    [Fact]
    public async Task Links_carry_the_configured_host_with_the_scheme_and_path_of_the_request()
    {
        await using var gitlab = await GitLabSandbox.WithProjects(5).WithRelativeRoot("/gitlab").WithExternalUrl("https://git.example.com/gitlab").StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.Root, ["api"]);

        var reply = await gitlab.GetAsync(Keyset + "&per_page=2", token);

        // TLS ends in front of GitLab and nobody forwards the scheme: http with the port of https.
        reply.Header("Link").ShouldNotBeNull().ShouldStartWith("<http://git.example.com:443/gitlab/api/v4/projects?");
        reply.Json[0].GetProperty("web_url").GetString().ShouldNotBeNull().ShouldStartWith("https://git.example.com/gitlab/");
        reply.Json[0].GetProperty("http_url_to_repo").GetString().ShouldNotBeNull().ShouldEndWith(".git");
        reply.Json[0].GetProperty("_links").GetProperty("self").GetString().ShouldNotBeNull().ShouldStartWith("https://git.example.com/gitlab/api/v4/projects/");
    }

    [Fact]
    public async Task Group_lists_stop_at_the_offset_limit_and_offer_a_cursor()
    {
        var (gitlab, token) = await StartAsync(300);
        await using var _ = gitlab;

        var deep = await gitlab.GetAsync("/api/v4/groups?page=501&per_page=100", token);
        deep.Status.ShouldBe(405);
        deep.Body.ShouldBe("""{"error":"Offset pagination has a maximum allowed offset of 50000 for requests that return objects of type Group. Remaining records can be retrieved using keyset pagination."}""");

        var first = await gitlab.GetAsync("/api/v4/groups?pagination=keyset&order_by=name&per_page=2", token);
        var cursor = first.Header("X-NEXT-CURSOR").ShouldNotBeNull();
        var second = await gitlab.GetAsync($"/api/v4/groups?pagination=keyset&order_by=name&per_page=2&cursor={Uri.EscapeDataString(cursor)}", token);
        second.Json[0].GetProperty("id").GetInt64().ShouldNotBe(first.Json[1].GetProperty("id").GetInt64());
    }

    [Fact]
    public async Task A_groups_projects_leave_out_its_subgroups_unless_asked()
    {
        var (gitlab, token) = await StartAsync(300);
        await using var _ = gitlab;
        var group = gitlab.World.TopLevelGroups[0];

        var own = await gitlab.GetAsync($"/api/v4/groups/{group.Id}/projects?per_page=1", token);
        var all = await gitlab.GetAsync($"/api/v4/groups/{group.FullPath}/projects?per_page=1&include_subgroups=true", token);

        int.Parse(all.Header("X-Total")!).ShouldBeGreaterThan(int.Parse(own.Header("X-Total")!));
        own.Header("Link").ShouldNotBeNull().ShouldContain($"id={group.Id}");
    }

    private static async Task<(GitLabSandbox, SandboxToken)> StartAsync(int projects)
    {
        var gitlab = await GitLabSandbox.WithProjects(projects).StartAsync();
        return (gitlab, gitlab.World.AddToken(gitlab.World.Root, ["api"]));
    }
}
