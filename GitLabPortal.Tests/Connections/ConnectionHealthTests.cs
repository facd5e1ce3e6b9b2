using System.Net;
using System.Text.Json;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.Tests.Harness;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Connections;

/// <summary>What programs read of connections: numbers for everybody, findings for the team's members.</summary>
public sealed class ConnectionHealthTests
{
    private static CancellationToken None => TestContext.Current.CancellationToken;

    private static async Task<PortalApp> StartAsync()
    {
        var portal = await PortalApp.StartSetUpAsync();
        var access = await portal.AccessAsync();
        await using var db = await portal.Services.GetRequiredService<IDbContextFactory<PortalDb>>().CreateDbContextAsync(None);
        var server = db.Add(new Server { BaseUrl = "https://secret-name.example", CreatedAt = TimeProvider.System.GetUtcNow() }).Entity;
        foreach (var (name, status) in new[] { ("Main", ConnectionStatus.Working), ("Other", ConnectionStatus.Unreachable) })
        {
            Finding[] findings = [Finding.Failed("tls-expired", "Certificate expired", "It ended.", "Renew it.", FixOwner.GitLabAdmin) with { Phase = "tls", Facts = [new("SHA-256", "AA:BB")] }];
            db.Add(new Connection
            {
                TeamId = access.TeamId,
                ServerId = server.Id,
                Name = name,
                ProtectedToken = "x",
                TokenKeyId = Guid.NewGuid(),
                TokenKind = TokenKind.Personal,
                TokenScopes = "api",
                IsReadOnly = false,
                AllowsPlainHttp = false,
                Coverage = ConnectionCoverage.Everything,
                CreatedById = access.AccountId,
                CreatedAt = TimeProvider.System.GetUtcNow(),
                Status = status,
                Findings = status is ConnectionStatus.Unreachable ? JsonSerializer.Serialize(findings) : null,
            });
        }

        await db.SaveChangesAsync(None);
        return portal;
    }

    [Fact]
    public async Task Tells_visitors_numbers_and_no_names()
    {
        await using var portal = await StartAsync();
        using var visitor = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(portal.Address.GetLeftPart(UriPartial.Authority)) };

        (await visitor.GetStringAsync("/health/connections", None)).ShouldBe("""{"connections":2,"working":1,"unreachable":1,"tokenRefused":0,"tokenLost":0}""");
        using var refused = await visitor.GetAsync("/api/teams/rocket/connections", None);
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await refused.Content.ReadAsStringAsync(None)).ShouldBe("""{"error":{"code":"not-signed-in","message":"Sign in first."}}""");
        (await visitor.GetStringAsync("/health/ready", None)).ShouldNotContain("secret-name");
    }

    [Fact]
    public async Task Tells_members_what_was_found_as_the_doctor_does()
    {
        await using var portal = await StartAsync();
        using var browser = await portal.OpenSignedInAsync();

        using var json = JsonDocument.Parse(await browser.GetTextAsync("/api/teams/rocket/connections"));

        var broken = json.RootElement.GetProperty("connections").EnumerateArray().Single(c => c.GetProperty("name").GetString() == "Other");
        broken.GetProperty("address").GetString().ShouldBe("https://secret-name.example");
        (broken.GetProperty("status").GetString(), broken.GetProperty("ok").GetBoolean()).ShouldBe(("unreachable", false));
        broken.GetProperty("findings")[0].GetRawText().ShouldBe(
            """{"phase":"tls","code":"tls-expired","status":"failed","title":"Certificate expired","seen":"It ended.","fix":"Renew it.","owner":"git-lab-admin","facts":[{"label":"SHA-256","value":"AA:BB"}],"suggestedAddress":null,"help":"/help/diagnosis#tls-expired"}""");
    }

    [Fact]
    public async Task Does_not_say_whether_another_team_exists()
    {
        await using var portal = await StartAsync();
        using var browser = await portal.OpenSignedInAsync();

        (await browser.OpenAsync("/api/teams/somebody-elses/connections")).Status.ShouldBe(HttpStatusCode.NotFound);
    }
}
