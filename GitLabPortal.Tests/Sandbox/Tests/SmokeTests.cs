using System.Diagnostics;
using System.Text.Json;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Sandbox.Tests;

public sealed class SmokeTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Walks_five_thousand_projects_by_keyset()
    {
        var watch = Stopwatch.StartNew();
        await using var gitlab = await GitLabSandbox.WithProjects(5000).StartAsync();
        output.WriteLine($"start {watch.ElapsedMilliseconds} ms");
        var bot = gitlab.World.AddUser("portal-bot");
        gitlab.World.AddMemberOfEveryGroup(bot);
        var token = gitlab.World.AddToken(bot, scopes: ["api"], expiresInDays: 90);
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Add("PRIVATE-TOKEN", token.Secret);
        long after = 0;
        var seen = 0;
        long bytes = 0;
        while (true)
        {
            var body = await http.GetStringAsync(gitlab.At($"/api/v4/projects?pagination=keyset&order_by=id&sort=asc&per_page=100&membership=true&id_after={after}"));
            bytes += body.Length;
            using var page = JsonDocument.Parse(body);
            if (page.RootElement.GetArrayLength() == 0)
                break;
            seen += page.RootElement.GetArrayLength();
            after = page.RootElement[page.RootElement.GetArrayLength() - 1].GetProperty("id").GetInt64();
        }

        output.WriteLine($"{seen} projects, {bytes / Math.Max(1, seen)} bytes each, {watch.ElapsedMilliseconds} ms");
        seen.ShouldBeGreaterThan(4000);
        (await http.GetStringAsync(gitlab.At("/api/v4/personal_access_tokens/self"))).ShouldContain("\"scopes\":[\"api\"]");
    }
}
