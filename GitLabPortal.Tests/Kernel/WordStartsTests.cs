using GitLabPortal.Kernel;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Kernel;

public sealed class WordStartsTests
{
    [Theory]
    [InlineData("\u0001platform/core-api\u0002c#_🚀go\u0003", new[] { "pl", "co", "ap", "c#", "🚀g" })]
    [InlineData("\u0001a/b\u0002\u0003", new[] { "a/", "b" })]
    [InlineData("", new string[0])]
    public void Holds_the_beginning_of_every_word_once(string fields, string[] starts)
    {
        var found = WordStarts.Of(fields, null);

        foreach (var start in starts) found.ShouldContain($"{WordStarts.Word}{WordStarts.Word}{start}");
        found.Count(c => c == WordStarts.Word).ShouldBe(starts.Length * 2);
    }

    [Fact]
    public void Marks_the_first_word_of_a_field_but_not_of_other_texts()
    {
        var found = WordStarts.Of("\u0001platform/core\u0002name\u0003", "topic\u0003");

        found.ShouldContain($"{WordStarts.Field}{WordStarts.Field}pl");
        found.ShouldContain($"{WordStarts.Field}{WordStarts.Field}na");
        found.ShouldNotContain($"{WordStarts.Field}co");
        found.ShouldContain($"{WordStarts.Word}to");
        found.ShouldNotContain($"{WordStarts.Field}to");
    }
}
