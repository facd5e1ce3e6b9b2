using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.SignIn;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.SignIn.Servers;

public sealed class CheckingAnAdminTokenTests
{
    [Theory]
    [InlineData("13.12.15")]
    [InlineData("15.4.6-ee")]
    public async Task An_old_server_is_set_up_by_hand(string version)
    {
        await using var stage = await SetUpStage.StartAsync(GitLabSandbox.Version(version));

        (await CheckAsync(stage, stage.NewAdminToken("api"))).ShouldBe(CheckAdminToken.TooOld);
    }

    [Fact]
    public async Task Admin_Mode_is_told_from_not_being_an_administrator()
    {
        await using var stage = await SetUpStage.StartAsync(new GitLabSandboxBuilder().WithAdminMode());
        var ann = stage.GitLab.World.AddUser("ann");

        (await CheckAsync(stage, stage.NewAdminToken("api"))).ShouldBe("setup-admin-mode");
        (await CheckAsync(stage, stage.GitLab.World.AddToken(ann, ["api"]))).ShouldBe("setup-not-admin");
        (await CheckAsync(stage, stage.NewAdminToken("read_api", "admin_mode"))).ShouldBe("setup-scope-missing");
        (await CheckAsync(stage, stage.NewAdminToken("api", "admin_mode"))).ShouldBeNull();
    }

    [Fact]
    public async Task The_token_can_end_itself()
    {
        await using var stage = await SetUpStage.StartAsync();
        var token = stage.NewAdminToken();
        var admin = await stage.CheckAsync(token);

        (await admin.RevokeAsync(default)).IsSuccess.ShouldBeTrue();
        (await admin.RevokeAsync(default)).IsSuccess.ShouldBeTrue();

        token.IsRevoked.ShouldBeTrue();
        admin.ToString().ShouldNotContain(token.Secret);
    }

    private static async Task<string?> CheckAsync(SetUpStage stage, SandboxToken token)
    {
        var result = await stage.Get<CheckAdminToken>().RunAsync(stage.BaseUrl, NetworkPath.For(allowsPlainHttp: true), token.Secret, default);
        if (result.Problem is Problem.Refused refused) refused.Findings.ShouldAllBe(f => f.Fix.Length > 0);
        return result.Problem?.Code;
    }
}
