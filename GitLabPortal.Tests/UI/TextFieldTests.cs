using Bunit;
using GitLabPortal.UI;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.UI;

public sealed class TextFieldTests
{
    /// <summary>SignalR's limit for one message; a character takes up to 6 bytes of it.</summary>
    private const int LargestMessage = 32 * 1024;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Takes_no_text_that_would_end_the_pages_connection(bool immediate)
    {
        await using var context = new BunitContext();

        var field = context.Render<TextField>(p => p.Add(f => f.Label, "Name").Add(f => f.Immediate, immediate));

        int.TryParse(field.Find("input").GetAttribute("maxlength"), out var longest).ShouldBeTrue();
        (longest * 6).ShouldBeLessThan(LargestMessage - 1024);
    }
}
