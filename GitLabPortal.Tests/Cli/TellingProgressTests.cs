using GitLabPortal.Cli;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Cli;

public sealed class TellingProgressTests
{
    [Theory]
    [InlineData(500, 100_000, 500, 0.1, null, "500 of 100,000 repositories")]
    [InlineData(20_000, 100_000, 20_000, 10, null, "20,000 of 100,000 repositories, 2,000 a second, about 40 seconds left")]
    [InlineData(60_000, 100_000, 10_000, 100, null, "60,000 of 100,000 repositories, 100 a second, about 7 minutes left")]
    [InlineData(700, null, 700, 7, null, "700 repositories, 100 a second")]
    [InlineData(1_200, 1_000, 1_200, 1, null, "1,200 of 1,200 repositories, 1,200 a second")]
    [InlineData(5, 10, 0, 60, "GitLab is under maintenance.", "5 of 10 repositories. GitLab is under maintenance.")]
    public void Says_how_far_how_fast_and_how_long(int seen, int? expected, int fresh, double seconds, string? problem, string words) =>
        new SyncPace(seen, expected, fresh, TimeSpan.FromSeconds(seconds), problem).Words.ShouldBe(words);
}
