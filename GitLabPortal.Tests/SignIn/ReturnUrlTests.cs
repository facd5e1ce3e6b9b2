using GitLabPortal.SignIn;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.SignIn;

public sealed class ReturnUrlTests
{
    [Theory]
    [InlineData("/", "/")]
    [InlineData("/team/rocket/settings#members", "/team/rocket/settings#members")]
    [InlineData("/team/rocket/repositories?search=a%20b&sort=name", "/team/rocket/repositories?search=a%20b&sort=name")]
    [InlineData("/team/é", "/team/%C3%A9")]
    public void Keeps_paths_of_this_portal(string given, string expected) => ReturnUrl.Local(given).ShouldBe(expected);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("team/rocket")]
    [InlineData("//evil.example")]
    [InlineData("///evil.example")]
    [InlineData("/\\evil.example")]
    [InlineData("/\\/evil.example")]
    [InlineData("/..//evil.example")]
    [InlineData("/\t/evil.example")]
    [InlineData("/\n/evil.example")]
    [InlineData("https://evil.example/")]
    [InlineData("javascript:alert(1)")]
    [InlineData(" /team")]
    [InlineData("/sign-in")]
    [InlineData("/sign-in?returnUrl=/sign-in")]
    public void Leads_home_instead_of_anywhere_else(string? given) => ReturnUrl.Local(given).ShouldBe("/");

    [Fact]
    public void Leads_home_instead_of_an_endless_path() => ReturnUrl.Local("/" + new string('x', 10_000)).ShouldBe("/");
}
