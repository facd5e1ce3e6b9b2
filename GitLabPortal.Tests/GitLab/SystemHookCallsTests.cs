using GitLabPortal.GitLab;
using GitLabPortal.Tests.Sandbox;
using GitLabPortal.Tests.Security;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.GitLab;

public sealed class SystemHookCallsTests : IDisposable
{
    private static readonly HookRequest Wanted = new("https://portal.example.com/hooks/gitlab/1", "the-token", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");

    private static CancellationToken None => TestContext.Current.CancellationToken;

    private readonly TestOutbound outbound = TestOutbound.ToLoopback();

    public void Dispose() => outbound.Dispose();

    [Theory]
    [InlineData("16.6.10-ee", null, null, "executable")]
    [InlineData("19.3.0-ee", true, true, "executable")]
    [InlineData("13.12.15", null, null, null)]
    public async Task Tells_what_the_release_tells(string version, bool? hasToken, bool? hasKey, string? status)
    {
        await using var gitlab = await GitLabSandbox.Version(version).StartAsync();
        var client = outbound.ClientOf(gitlab, gitlab.World.AddToken(gitlab.World.Root, ["api"]).Secret);

        var made = await client.Hooks.CreateAsync(Wanted, None);

        (made.Url, made.HasToken, made.HasSigningToken, made.AlertStatus, made.IsNoisy).ShouldBe((Wanted.Url, hasToken, hasKey, status, false));
        (await client.Hooks.ListAsync(None)).Single().Id.ShouldBe(made.Id);
        await client.Hooks.DeleteAsync(made.Id, None);
        (await client.Hooks.ListAsync(None)).ShouldBeEmpty();
        await Should.ThrowAsync<GitLabNotFoundException>(() => client.Hooks.DeleteAsync(made.Id, None));
    }

    [Fact]
    public async Task Lists_more_than_one_page()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        for (var i = 0; i < 230; i++) gitlab.World.AddHook($"https://portal.example.com/{i}");
        var client = outbound.ClientOf(gitlab, gitlab.World.AddToken(gitlab.World.Root, ["api"]).Secret);

        (await client.Hooks.ListAsync(None)).Select(h => h.Id).ShouldBe(gitlab.World.Hooks.Select(h => h.Id));
    }

    [Fact]
    public async Task A_write_is_sent_once_and_maintenance_is_recognised()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var client = outbound.ClientOf(gitlab, gitlab.World.AddToken(gitlab.World.Root, ["api"]).Secret, GitLabRetry.Default, new HurriedTime());
        gitlab.Faults.Answer("/api/v4/hooks", times: 1, Fault.LostAnswer());
        await Should.ThrowAsync<GitLabException>(() => client.Hooks.CreateAsync(Wanted, None));
        gitlab.Requests.Count().ShouldBe(1);

        gitlab.World.Settings.MaintenanceMessage = "Back soon";
        (await Should.ThrowAsync<GitLabUnavailableException>(() => client.Hooks.DeleteAsync(1, None))).Kind.ShouldBe(UnavailableKind.Maintenance);
    }

    [Fact]
    public async Task An_address_that_GitLab_may_not_call_is_recognised()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        gitlab.World.Settings.LocalRequestsFromSystemHooks = false;
        var client = outbound.ClientOf(gitlab, gitlab.World.AddToken(gitlab.World.Root, ["api"]).Secret);

        (await Should.ThrowAsync<GitLabRejectedException>(() => client.Hooks.CreateAsync(Wanted with { Url = "http://10.0.0.7/hook" }, None))).Reason.ShouldBe(RejectedReason.HookAddress);
    }

    [Fact]
    public void A_request_does_not_print_its_secrets() => Wanted.ToString().ShouldBe("HookRequest { Url = https://portal.example.com/hooks/gitlab/1 }");
}
