using GitLabPortal.Kernel;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Kernel;

public sealed class SuggestingASlugTests
{
    [Theory]
    [InlineData("Analytical Engines", "analytical-engines")]
    [InlineData("Über Straße", "uber-strasse")]
    [InlineData("Équipe n°1", "equipe-n-1")]
    [InlineData("  --A__b--  ", "a-b")]
    [InlineData("команда", "team")]
    [InlineData("🚀", "team")]
    [InlineData("", "team")]
    [InlineData("\uD800lone", "lone")]
    public void A_name_suggests_what_an_address_can_hold(string name, string slug)
    {
        Slug.From(name).ShouldBe(slug);
        Slug.IsValid(Slug.From(name)).ShouldBeTrue();
    }

    [Fact]
    public void A_long_name_is_cut_where_it_still_reads_well()
    {
        Slug.From(new string('x', 39) + " yes").ShouldBe(new string('x', 39));
        Slug.IsValid(Slug.From(new string('x', 10_000))).ShouldBeTrue();
    }
}
