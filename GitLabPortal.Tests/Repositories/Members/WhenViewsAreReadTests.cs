using GitLabPortal.Repositories;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Repositories.Members;

public sealed class WhenViewsAreReadTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(15);

    [Fact]
    public void At_once_when_nothing_was_read_or_the_person_signed_in_since()
    {
        MemberViewSync.DueAt(null, null, hasNews: false, Interval).ShouldBe(DateTimeOffset.MinValue);
        MemberViewSync.DueAt(View(), Start.AddSeconds(1), hasNews: false, Interval).ShouldBe(DateTimeOffset.MinValue);
        MemberViewSync.DueAt(View(), Start.AddSeconds(-1), hasNews: false, Interval).ShouldBeGreaterThan(Start);
    }

    [Fact]
    public void At_intervals_that_differ_from_person_to_person_by_a_tenth()
    {
        var due = Enumerable.Range(0, 50).Select(_ => MemberViewSync.DueAt(View(), null, hasNews: false, Interval)).ToList();

        due.ShouldAllBe(d => d >= Start + (Interval * 0.9) && d <= Start + (Interval * 1.1));
        due.Distinct().Count().ShouldBeGreaterThan(10);
    }

    [Fact]
    public void Soon_after_news_and_the_later_the_longer_the_list_is_but_never_later_than_usual()
    {
        MemberViewSync.DueAt(View(), null, hasNews: true, Interval).ShouldBe(Start.AddMinutes(1));
        MemberViewSync.DueAt(View(5_000), null, hasNews: true, Interval).ShouldBe(Start.AddMinutes(5));
        MemberViewSync.DueAt(View(500_000), null, hasNews: true, Interval).ShouldBeInRange(Start + (Interval * 0.9), Start + (Interval * 1.1));
    }

    [Fact]
    public void Not_before_the_time_that_GitLab_or_a_failure_asks_for()
    {
        var view = View();
        view.RetryAt = Start.AddHours(1);

        MemberViewSync.DueAt(view, Start.AddSeconds(1), hasNews: true, Interval).ShouldBe(Start.AddHours(1));
    }

    private static MemberView View(int listed = 10) => new() { IdentityId = Guid.NewGuid(), StartedAt = Start, CompletedAt = Start, Listed = listed };
}
