using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using GitLabPortal.Data;
using GitLabPortal.Repositories;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Repositories.Hooks;

public sealed class ReceivingDeliveriesTests
{
    private const string Update = """{"event_name":"project_update","project_id":3}""";

    [Fact]
    public async Task Without_the_secret_nobody_learns_anything()
    {
        await using var stage = await HookStage.StartAsync();
        var connection = await stage.ConnectWithHookAsync();
        var path = new Uri(stage.GitLab.World.Hooks.Single().Url).AbsolutePath;
        var received = (await stage.HookAsync(connection))!.Received;

        var missing = await stage.PostAsync(path, Update);
        var wrong = await stage.PostAsync(path, Update, ("X-Gitlab-Token", "guess"));
        var unknown = await stage.PostAsync($"/hooks/gitlab/{Guid.NewGuid():N}", Update, ("X-Gitlab-Token", stage.GitLab.World.Hooks.Single().Token!));
        var garbage = await stage.PostAsync("/hooks/gitlab/..%2f", Update, ("X-Gitlab-Token", "guess"));

        missing.ShouldBe((HttpStatusCode.Unauthorized, "Not accepted."));
        wrong.ShouldBe(missing);
        unknown.ShouldBe(missing);
        garbage.ShouldBe(missing);
        var hook = (await stage.HookAsync(connection))!;
        (hook.Received, hook.RefusedAt is not null).ShouldBe((received, true));
        (await stage.ViewAsync(connection)).Trouble!.ShouldContain("another secret");
    }

    [Fact]
    public async Task Whoever_guesses_is_slowed_down()
    {
        await using var stage = await HookStage.StartAsync();
        await stage.ConnectWithHookAsync();
        var path = new Uri(stage.GitLab.World.Hooks.Single().Url).AbsolutePath;

        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 70; i++) statuses.Add((await stage.PostAsync(path, Update, ("X-Gitlab-Token", $"guess {i}"))).Status);

        statuses.Take(50).ShouldAllBe(s => s == HttpStatusCode.Unauthorized);
        statuses[^1].ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task The_same_delivery_counts_once_and_different_ones_of_one_event_number_both()
    {
        await using var stage = await HookStage.StartAsync();
        await stage.ConnectWithHookAsync();
        var before = (await stage.DeliveriesAsync()).Count;
        var there = stage.GitLab.World.Hooks.Single();
        var path = new Uri(there.Url).AbsolutePath;

        (await stage.DeliverAsync(Update, "one")).ShouldBe(HttpStatusCode.Accepted);
        (await stage.DeliverAsync(Update, "one")).ShouldBe(HttpStatusCode.Accepted);
        (await stage.DeliverAsync(Update, "two")).ShouldBe(HttpStatusCode.Accepted);
        // GitLab before 17.4: everything that one request causes has the same number.
        foreach (var body in new[] { Update, Update, """{"event_name":"project_destroy","project_id":3}""" })
            (await stage.PostAsync(path, body, ("X-Gitlab-Token", there.Token!), ("X-Gitlab-Event-UUID", "shared"))).Status.ShouldBe(HttpStatusCode.Accepted);
        await stage.QuietAsync();

        (await stage.DeliveriesAsync()).Count.ShouldBe(before + 4);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no JSON")]
    [InlineData("[1,2]")]
    [InlineData("""{"event_name":7}""")]
    [InlineData("""{"event_name":"project_rename"}""")]
    [InlineData("""{"event_name":"project_rename","project_id":"3"}""")]
    [InlineData("""{"event_name":"project_rename","project_id":-3}""")]
    [InlineData("""{"event_name":"push","project_id":3}""")]
    [InlineData("""{"event_name":"key_create","id":3}""")]
    [InlineData("""{"object_kind":"merge_request"}""")]
    public async Task What_the_catalogue_does_not_care_about_is_taken_and_forgotten(string body)
    {
        await using var stage = await HookStage.StartAsync();
        var connection = await stage.ConnectWithHookAsync();
        var (rows, received) = ((await stage.DeliveriesAsync()).Count, (await stage.HookAsync(connection))!.Received);

        (await stage.DeliverAsync(body)).ShouldBe(HttpStatusCode.Accepted);

        await HookStage.EventuallyAsync(async () => (await stage.HookAsync(connection))!.Received > received, "the delivery is counted");
        (await stage.DeliveriesAsync()).Count.ShouldBe(rows);
    }

    [Fact]
    public async Task An_oversize_delivery_is_answered_and_ignored()
    {
        await using var stage = await HookStage.StartAsync();
        await stage.ConnectWithHookAsync();
        var rows = (await stage.DeliveriesAsync()).Count;
        var body = $$"""{"event_name":"project_update","project_id":3,"x":"{{new string('x', ReceiveDelivery.MaxBody)}}"}""";

        (await stage.DeliverAsync(body)).ShouldBe(HttpStatusCode.Accepted);
        (await stage.DeliverAsync(Update)).ShouldBe(HttpStatusCode.Accepted);
        await stage.QuietAsync();

        (await stage.DeliveriesAsync()).Count.ShouldBe(rows + 1);
    }

    [Fact]
    public async Task A_body_that_does_not_come_to_an_end_is_not_waited_for()
    {
        await using var stage = await HookStage.StartAsync();
        await stage.ConnectWithHookAsync();
        var there = stage.GitLab.World.Hooks.Single();
        using var client = new TcpClient();
        await client.ConnectAsync(stage.Portal.Address.Host, stage.Portal.Address.Port);
        await using var stream = client.GetStream();

        var head = $"POST {new Uri(there.Url).AbsolutePath} HTTP/1.1\r\nHost: portal\r\nX-Gitlab-Token: {there.Token}\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{{";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head));
        var answer = new byte[12];
        await stream.ReadExactlyAsync(answer).AsTask().WaitAsync(TimeSpan.FromSeconds(30));

        // Not a word about what was wrong, but an answer, and before GitLab's own ten seconds are over.
        Encoding.ASCII.GetString(answer).ShouldBe("HTTP/1.1 202");
    }

    [Fact]
    public async Task From_19_on_a_delivery_must_be_signed_and_new()
    {
        await using var stage = await HookStage.StartAsync(GitLabSandbox.WithProjects(5).Version("19.3.0-ee"));
        await stage.ConnectWithHookAsync();
        var there = stage.GitLab.World.Hooks.Single();
        var path = new Uri(there.Url).AbsolutePath;
        async Task<HttpStatusCode> SendAsync(string id, TimeSpan age, string body, string? signed = null, string more = "")
        {
            var at = (DateTimeOffset.UtcNow - age).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
            var signature = more + HookSender.Sign(there.SigningToken!, id, at, Encoding.UTF8.GetBytes(signed ?? body));
            return (await stage.PostAsync(path, body, ("X-Gitlab-Token", there.Token!), ("webhook-id", id), ("webhook-timestamp", at), ("webhook-signature", signature))).Status;
        }

        (await SendAsync("a", TimeSpan.Zero, Update)).ShouldBe(HttpStatusCode.Accepted);
        (await SendAsync("b", TimeSpan.FromMinutes(3), Update, more: "v1,c29tZWJvZHkgZWxzZQ== ")).ShouldBe(HttpStatusCode.Accepted);
        (await SendAsync("c", TimeSpan.FromMinutes(6), Update)).ShouldBe(HttpStatusCode.Unauthorized);
        (await SendAsync("d", TimeSpan.FromMinutes(-6), Update)).ShouldBe(HttpStatusCode.Unauthorized);
        (await SendAsync("e", TimeSpan.Zero, Update, signed: Update.Replace('3', '4'))).ShouldBe(HttpStatusCode.Unauthorized);
        (await stage.DeliverAsync(Update)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task GitLab_has_its_answer_while_the_database_is_busy_and_nothing_is_lost()
    {
        await using var stage = await HookStage.StartAsync();
        await stage.ConnectWithHookAsync();
        var before = (await stage.DeliveriesAsync()).Count;
        await using (var busy = await stage.Get<IDbContextFactory<PortalDb>>().CreateDbContextAsync())
        {
            // Holds the one writer's place, as a walk does, only longer.
            await using var transaction = await busy.Database.BeginTransactionAsync();
            var answered = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => stage.DeliverAsync(Update)));

            answered.ShouldAllBe(s => s == HttpStatusCode.Accepted);
            await transaction.RollbackAsync();
        }

        await HookStage.EventuallyAsync(async () => (await stage.DeliveriesAsync()).Count == before + 20, "all are stored");
    }
}
