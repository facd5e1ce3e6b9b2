using GitLabPortal.Connections;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Connections;

public sealed class ChoosingWhatTheTeamGetsTests
{
    private static readonly ConnectionChoiceValidator Validator = new();

    [Theory]
    [InlineData(null)]
    [InlineData("   ")]
    [InlineData(" GitLab of the 🚀 team ")]
    public void A_name_may_be_left_out(string? name) => Code(new(name, ConnectionCoverage.Everything, [])).ShouldBeNull();

    [Theory]
    [InlineData("a\u0007b", "name-control")]
    [InlineData("a\u202Eb", "name-control")]
    public void A_name_can_be_shown(string name, string code) => Code(new(name, ConnectionCoverage.Memberships, [])).ShouldBe(code);

    [Fact]
    public void A_name_has_an_end() => Code(new(new string('x', 10_000), ConnectionCoverage.Everything, [])).ShouldBe("name-too-long");

    [Fact]
    public void Groups_are_some_but_not_endlessly_many()
    {
        Code(new(null, ConnectionCoverage.Groups, [])).ShouldBe("no-group");
        Code(new(null, ConnectionCoverage.Groups, Many(200))).ShouldBeNull();
        Code(new(null, ConnectionCoverage.Groups, Many(201))).ShouldBe("too-many-groups");
        Code(new(null, ConnectionCoverage.Everything, Many(201))).ShouldBeNull();
    }

    [Fact]
    public void A_forged_choice_is_none() => Code(new(null, (ConnectionCoverage)99, [])).ShouldBe("coverage-unknown");

    private static List<ChosenGroup> Many(int count) => [.. Enumerable.Range(1, count).Select(i => new ChosenGroup(i, $"group-{i}"))];

    private static string? Code(ConnectionChoice choice) => Validator.Problem(choice)?.Code;
}
