using FsCheck;
using FsCheck.Fluent;
using GitLabPortal.Repositories;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Repositories;

public sealed class RepositorySearchTests
{
    [Fact]
    public void Nothing_given_is_the_plain_list_and_an_empty_query_string()
    {
        RepositorySearch.Parse(null).ShouldBe(new RepositorySearch());
        RepositorySearch.Parse("?").ToQueryString().ShouldBe("");
        new RepositorySearch().IsNarrowed.ShouldBeFalse();
    }

    [Fact]
    public void Every_choice_goes_to_the_query_string_and_back()
    {
        var search = new RepositorySearch
        {
            Text = "über & 100% \"x\" 🚀",
            ConnectionId = Guid.CreateVersion7(),
            Namespace = "plat form/pay",
            Visibility = RepositoryVisibility.Internal,
            Archived = ArchivedFilter.Any,
            IsEmpty = false,
            IsFork = true,
            Topic = "c++",
            IsPicked = false,
            Sort = RepositorySort.Stars,
            Descending = true,
            PageNumber = 7,
        };

        RepositorySearch.Parse(search.ToQueryString()).ShouldBe(search);
        search.IsNarrowed.ShouldBeTrue();
    }

    [Theory]
    [InlineData("?page=-4")]
    [InlineData("?page=99999999999999999999")]
    [InlineData("?page=1e3")]
    [InlineData("?visibility=7&archived=0&sort=2")]
    [InlineData("?visibility=private,public")]
    [InlineData("?connection=not-a-guid&empty=maybe&fork=&order=up")]
    [InlineData("?q=%00%01%1f%7f&topic=%0a&namespace=///")]
    [InlineData("%%%&&&===???")]
    public void What_cannot_be_understood_counts_as_not_given(string query) =>
        RepositorySearch.Parse(query).ShouldBe(new RepositorySearch());

    [Fact]
    public void Long_text_is_cut_without_breaking_a_character()
    {
        var search = new RepositorySearch { Text = new string('a', RepositorySearch.MaxTextLength - 1) + "🚀" + new string('b', 10_000) };

        search.Text.ShouldBe(new string('a', RepositorySearch.MaxTextLength - 1));
        RepositorySearch.Parse("?q=" + new string('x', 10_000)).Text.Length.ShouldBe(RepositorySearch.MaxTextLength);
    }

    [Fact]
    public void Terms_are_folded_words_each_once() =>
        new RepositorySearch { Text = "  Über\tStraße über \u0000 Cafe\u0301 " }.Terms().ShouldBe(["uber", "strasse", "cafe"]);

    [Theory]
    [InlineData("a/b/", "a/b")]
    [InlineData("/ a/b / /", "a/b")]
    [InlineData("a/\u000e/", "a")]
    [InlineData(" /\t/ ", null)]
    public void A_group_stands_without_slashes_and_spaces_around_it(string given, string? group) => new RepositorySearch { Namespace = given }.Namespace.ShouldBe(group);

    [Fact]
    public void Any_query_string_can_be_read_and_settles_after_one_round() =>
        Prop.ForAll<string>(text =>
        {
            var search = RepositorySearch.Parse(text);
            return RepositorySearch.Parse(search.ToQueryString()) == search;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_text_survives_the_address_bar() =>
        Prop.ForAll<string, string, int>((text, topic, page) =>
        {
            var search = new RepositorySearch { Text = text, Topic = topic, Namespace = text, PageNumber = page };
            return RepositorySearch.Parse(search.ToQueryString()) == search && search.Terms().All(t => t.Length > 0 && !t.Any(char.IsControl));
        }).QuickCheckThrowOnFailure();
}
