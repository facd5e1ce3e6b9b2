using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Sandbox.Tests;

/// <summary>Renames, moves and deletions while somebody watches.</summary>
public sealed class ChangingWorldTests
{
    [Fact]
    public async Task A_renamed_project_redirects_from_its_old_path_as_text()
    {
        await using var gitlab = await new GitLabSandboxBuilder().WithExternalUrl("https://git.example.com").StartAsync();
        var project = gitlab.World.AddProject(gitlab.World.AddGroup("platform"), "ledger");
        var token = gitlab.World.AddToken(gitlab.World.Root, ["api"]);
        gitlab.World.Rename(project, "books");

        var reply = await gitlab.GetAsync("/api/v4/projects/platform%2Fledger?license=true", token);

        var target = $"https://git.example.com/api/v4/projects/{project.Id}?license=true";
        reply.Status.ShouldBe(301);
        reply.ContentType.ShouldBe("text/plain");
        reply.Body.ShouldBe($"This resource has been moved permanently to {target}");
        reply.Header("Location").ShouldBe(target);
        (await gitlab.DeleteAsync("/api/v4/projects/platform%2Fledger", token)).Body.ShouldBe("""{"message":"Non GET methods are not allowed for moved projects"}""");
        (await gitlab.GetAsync("/api/v4/projects/platform%2Fledger/languages", token)).Header("Location").ShouldBe($"https://git.example.com/api/v4/projects/{project.Id}/languages");
        (await gitlab.GetAsync($"/api/v4/projects/{project.Id}", token)).Json.GetProperty("path_with_namespace").GetString().ShouldBe("platform/books");
        (await gitlab.GetAsync("/api/v4/projects/PLATFORM%2Fbooks", token)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Nobody_without_access_learns_where_it_went()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var project = gitlab.World.AddProject(gitlab.World.AddGroup("platform"), "ledger");
        gitlab.World.Rename(project, "books");

        (await gitlab.GetAsync("/api/v4/projects/platform%2Fledger", gitlab.World.AddToken(gitlab.World.AddUser("ann"), ["api"]))).Status.ShouldBe(404);
    }

    [Fact]
    public async Task Before_16_7_the_old_path_is_simply_gone()
    {
        await using var gitlab = await GitLabSandbox.Version("16.6.10-ee").StartAsync();
        var project = gitlab.World.AddProject(gitlab.World.AddGroup("platform"), "ledger");
        gitlab.World.Rename(project, "books");

        (await gitlab.GetAsync("/api/v4/projects/platform%2Fledger", gitlab.World.AddToken(gitlab.World.Root, ["api"]))).Body.ShouldBe("""{"message":"404 Project Not Found"}""");
    }

    [Fact]
    public async Task A_renamed_group_moves_its_projects_and_is_itself_not_redirected()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var top = gitlab.World.AddGroup("platform");
        var project = gitlab.World.AddProject(gitlab.World.AddGroup("payments", parent: top), "ledger");
        var token = gitlab.World.AddToken(gitlab.World.Root, ["api"]);
        gitlab.World.Rename(top, "core");

        (await gitlab.GetAsync($"/api/v4/projects/{project.Id}", token)).Json.GetProperty("path_with_namespace").GetString().ShouldBe("core/payments/ledger");
        (await gitlab.GetAsync("/api/v4/projects/platform%2Fpayments%2Fledger", token)).Status.ShouldBe(301);
        (await gitlab.GetAsync("/api/v4/groups/platform%2Fpayments", token)).Body.ShouldBe("""{"message":"404 Group Not Found"}""");
    }

    [Fact]
    public async Task A_reused_path_is_no_redirect()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var group = gitlab.World.AddGroup("platform");
        var project = gitlab.World.AddProject(group, "ledger");
        gitlab.World.Transfer(project, gitlab.World.AddGroup("archive"));
        var newcomer = gitlab.World.AddProject(group, "ledger");

        (await gitlab.GetAsync("/api/v4/projects/platform%2Fledger", gitlab.World.AddToken(gitlab.World.Root, ["api"]))).Json.GetProperty("id").GetInt64().ShouldBe(newcomer.Id);
    }

    [Fact]
    public async Task Deletion_is_delayed_with_a_new_name_and_a_date()
    {
        var clock = new SandboxClock(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));
        await using var gitlab = await new GitLabSandboxBuilder().WithTimeProvider(clock).StartAsync();
        var project = gitlab.World.AddProject(gitlab.World.AddGroup("platform"), "ledger");
        var token = gitlab.World.AddToken(gitlab.World.Root, ["api"]);

        var reply = await gitlab.DeleteAsync($"/api/v4/projects/{project.Id}", token);
        reply.Status.ShouldBe(202);
        reply.Body.ShouldBe("""{"message":"202 Accepted"}""");

        var marked = (await gitlab.GetAsync($"/api/v4/projects/{project.Id}", token)).Json;
        marked.GetProperty("path").GetString().ShouldBe($"ledger-deletion_scheduled-{project.Id}");
        marked.GetProperty("archived").GetBoolean().ShouldBeTrue();
        marked.GetProperty("marked_for_deletion_on").GetString().ShouldBe("2026-05-01");
        marked.GetProperty("marked_for_deletion_at").GetString().ShouldBe("2026-05-01");

        gitlab.World.StartDestroying(project);
        (await gitlab.GetAsync($"/api/v4/projects/{project.Id}", token)).Status.ShouldBe(404);
        gitlab.World.Delete(project);
        (await gitlab.GetAsync("/api/v4/projects", token)).Body.ShouldBe("[]");
    }

    [Fact]
    public async Task A_community_server_before_18_deletes_at_once()
    {
        await using var gitlab = await GitLabSandbox.Version("17.11.7").StartAsync();
        var project = gitlab.World.AddProject(gitlab.World.AddGroup("platform"), "ledger");
        var token = gitlab.World.AddToken(gitlab.World.Root, ["api"]);

        (await gitlab.GetAsync($"/api/v4/projects/{project.Id}", token)).Json.TryGetProperty("marked_for_deletion_on", out _).ShouldBeFalse();
        await gitlab.DeleteAsync($"/api/v4/projects/{project.Id}", token);

        (await gitlab.GetAsync($"/api/v4/projects/{project.Id}", token)).Status.ShouldBe(404);
    }

    [Fact]
    public async Task An_archived_group_archives_what_it_holds_from_18_on()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var group = gitlab.World.AddGroup("platform");
        var project = gitlab.World.AddProject(group, "ledger");
        gitlab.World.Archive(group);

        (await gitlab.GetAsync($"/api/v4/projects/{project.Id}", gitlab.World.AddToken(gitlab.World.Root, ["api"]))).Json.GetProperty("archived").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task Many_readers_and_changes_at_once_never_see_half_a_change()
    {
        await using var gitlab = await GitLabSandbox.WithProjects(400).StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.Root, ["api"]);
        var group = gitlab.World.AddGroup("busy");

        var changes = Task.Run(() =>
        {
            for (var i = 0; i < 200; i++)
            {
                var project = gitlab.World.AddProject(group, $"p-{i}");
                gitlab.World.Rename(project, $"q-{i}");
                if (i % 2 == 0)
                    gitlab.World.Delete(project);
            }
        });
        var readers = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 10; i++)
                (await gitlab.GetAsync("/api/v4/projects?simple=true&per_page=50&order_by=name", token)).Status.ShouldBe(200);
        }));
        await Task.WhenAll(readers.Append(changes));

        gitlab.Requests.Count(r => r.TokenId == token.Id && r.Status == 200).ShouldBe(80);
        gitlab.World.Projects.Count.ShouldBe(500);
    }
}
