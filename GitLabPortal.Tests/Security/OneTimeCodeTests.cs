using GitLabPortal.Security;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Security;

public sealed class OneTimeCodeTests
{
    [Fact]
    public void Codes_differ_and_need_no_escaping_in_an_address()
    {
        var codes = Enumerable.Range(0, 1000).Select(_ => OneTimeCode.New()).ToList();

        codes.Distinct(StringComparer.Ordinal).Count().ShouldBe(1000);
        codes.ShouldAllBe(c => c.Length == 27 && Uri.EscapeDataString(c) == c);
    }

    [Fact]
    public void Matches_only_itself()
    {
        var code = OneTimeCode.New();

        OneTimeCode.Matches(code, code).ShouldBeTrue();
        OneTimeCode.Matches(code, code[..^1]).ShouldBeFalse();
        OneTimeCode.Matches(code, code.ToUpperInvariant() + "x").ShouldBeFalse();
        OneTimeCode.Matches(code, null).ShouldBeFalse();
        OneTimeCode.Matches(code, "").ShouldBeFalse();
    }

    [Fact]
    public void The_hash_fits_its_column_and_is_not_the_code()
    {
        var hash = OneTimeCode.Hash("code");

        hash.ShouldBe("5694D08A2E53FFCAE0C3103E5AD6F6076ABD960EB1F8A56577040BC1028F702B");
        hash.Length.ShouldBe(64);
    }
}
