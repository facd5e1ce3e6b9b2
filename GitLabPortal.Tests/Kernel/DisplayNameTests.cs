using GitLabPortal.Kernel;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Kernel;

public sealed class DisplayNameTests
{
    [Theory]
    [InlineData("Ada Lovelace")]
    [InlineData("مریم میرزاخانی")]
    [InlineData("👩‍💻 Zoë")]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("Robert'); DROP TABLE Accounts;--")]
    public void Keeps_any_script_emoji_and_markup_as_they_are(string name) => DisplayName.Read(name, 100).ShouldBe(name);

    [Fact]
    public void Drops_space_around_a_name() => DisplayName.Read("  Ada\t", 100).ShouldBe("Ada");

    [Theory]
    [InlineData(null)]
    [InlineData("   ")]
    [InlineData("two\nlines")]
    [InlineData("nul\0")]
    [InlineData("bell\a!")]
    [InlineData("turned\u202Earound")]
    [InlineData("para\u2029graph")]
    public void Refuses_what_would_break_the_line_it_stands_in(string? name) => DisplayName.Read(name, 100).ShouldBeNull();

    [Fact]
    public void Refuses_half_an_emoji() => DisplayName.Read("half" + "😀"[..1], 100).ShouldBeNull();

    [Fact]
    public void Refuses_more_than_the_greatest_length()
    {
        DisplayName.Read(new string('a', 100), 100).ShouldNotBeNull();
        DisplayName.Read(new string('a', 101), 100).ShouldBeNull();
        DisplayName.Read(new string('a', 10_000), 100).ShouldBeNull();
    }
}
