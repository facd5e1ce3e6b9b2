using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Sandbox.Tests;

public sealed class GeneratedWorldTests
{
    [Fact]
    public async Task The_same_seed_makes_the_same_projects()
    {
        await using var one = await GitLabSandbox.WithProjects(300, seed: 7).StartAsync();
        await using var two = await GitLabSandbox.WithProjects(300, seed: 7).StartAsync();
        await using var other = await GitLabSandbox.WithProjects(300, seed: 8).StartAsync();
        static string Print(GitLabSandbox gitlab) => string.Join('\n', gitlab.World.Projects.Select(p => $"{p.Id} {p.FullPath} {p.Name} {p.Description} {p.DefaultBranch} {p.Stars}"));

        Print(two).ShouldBe(Print(one));
        Print(other).ShouldNotBe(Print(one));
    }

    [Fact]
    public async Task Two_hundred_projects_hold_every_awkwardness()
    {
        await using var gitlab = await GitLabSandbox.WithProjects(200).StartAsync();
        var projects = gitlab.World.Projects;

        projects.ShouldContain(p => p.Name.Contains('ü'));
        projects.ShouldContain(p => p.Name.Contains("🚀"));
        projects.ShouldContain(p => p.Name.Contains("<script>"));
        projects.ShouldContain(p => p.Name.Contains('ب'));
        projects.ShouldContain(p => p.Name.Length > 250);
        projects.ShouldAllBe(p => p.Name.Length <= 255);
        projects.ShouldContain(p => p.Description == null);
        projects.ShouldContain(p => p.IsArchived);
        projects.ShouldContain(p => p.IsEmpty);
        projects.ShouldContain(p => p.ForkedFrom != null);
        projects.ShouldContain(p => p.MarkedForDeletionOn != null);
        projects.ShouldContain(p => p.Topics.Count > 1);
        projects.ShouldContain(p => p.DefaultBranch != "main");
        projects.ShouldContain(p => p.Namespace is SandboxPersonalNamespace);
        projects.ShouldContain(p => p.FullPath.Count(c => c == '/') == 2);
        projects.Select(p => p.Visibility).Distinct().Count().ShouldBe(3);
        projects[^1].Id.ShouldBeGreaterThan(220);
    }

    [Fact]
    public async Task Five_thousand_projects_weigh_what_GitLabs_do()
    {
        await using var gitlab = await GitLabSandbox.WithProjects(5000).StartAsync();
        var bot = gitlab.World.AddUser("portal-bot");
        gitlab.World.AddMemberOfEveryGroup(bot);

        var page = await gitlab.GetAsync("/api/v4/projects?membership=true&pagination=keyset&order_by=id&sort=asc&per_page=100", gitlab.World.AddToken(bot, ["api"]));

        (page.Body.Length / 100).ShouldBeInRange(3500, 5500);
    }

    [Fact]
    public async Task A_hundred_thousand_projects_are_listed_from_any_of_them_to_the_last()
    {
        await using var gitlab = await GitLabSandbox.WithProjects(100_000).StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.Root, ["api"]);
        var ids = gitlab.World.Projects.Select(p => p.Id).ToList();

        foreach (var from in (int[])[0, 1, 49_999, 99_899, 99_998])
        {
            var page = await gitlab.GetAsync($"/api/v4/projects?pagination=keyset&order_by=id&sort=asc&per_page=100&id_after={ids[from]}", token);
            page.Json.EnumerateArray().Select(p => p.GetProperty("id").GetInt64()).ShouldBe(ids.Skip(from + 1).Take(100));
        }
    }

    [Fact]
    public async Task Prepared_objects_are_the_same_bytes()
    {
        await using var gitlab = await GitLabSandbox.WithProjects(120).StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.Root, ["api"]);
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Add("PRIVATE-TOKEN", token.Secret);
        var written = await PagesAsync();

        gitlab.Prepare(token);

        (await PagesAsync()).ShouldBe(written);
        gitlab.World.Rename(gitlab.World.Projects[0], "renamed");
        (await PagesAsync())[0].ShouldContain("renamed");

        async Task<List<string>> PagesAsync() =>
        [
            await http.GetStringAsync(gitlab.At("/api/v4/projects?pagination=keyset&order_by=id&sort=asc&per_page=100")),
            await http.GetStringAsync(gitlab.At("/api/v4/projects?order_by=id&sort=desc&per_page=7&page=3")),
            await http.GetStringAsync(gitlab.At($"/api/v4/projects?order_by=id&id_after={gitlab.World.Projects[^1].Id}")),
        ];
    }
}
