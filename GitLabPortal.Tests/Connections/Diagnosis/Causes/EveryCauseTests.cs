using System.Net;
using GitLabPortal.Connections;
using GitLabPortal.Kernel;
using GitLabPortal.Tests.Harness;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Connections.Diagnosis.Causes;

/// <summary>Each cause that the portal can name is made to happen, with real sockets, handshakes and answers.</summary>
public sealed class EveryCauseTests
{
    private static readonly Dictionary<string, Cause> Causes = new[] { NetworkCauses.All, ServerCauses.All, TokenCauses.All }.SelectMany(c => c).ToDictionary(StringComparer.Ordinal);

    public static TheoryData<string> Codes => [.. DiagnosisCodes.All.Select(c => c.Code)];

    [Theory]
    [MemberData(nameof(Codes))]
    public async Task Is_named_when_it_happens(string code)
    {
        Causes.ShouldContainKey(code, $"nothing produces {code}: add it to one of the lists of causes");
        var known = DiagnosisCodes.Find(code)!;
        await using var stage = new CauseStage();

        var findings = await Causes[code](stage);

        var said = string.Join("; ", findings.Select(f => $"{f.Status} {f.Code}: {f.Seen}"));
        var finding = findings.FirstOrDefault(f => f.Code == code).ShouldNotBeNull($"said instead: {said}");
        (finding.Status, finding.Owner).ShouldBe((known.Status, known.Owner));
        finding.Seen.ShouldNotBeEmpty();
        if (known.Status is FindingStatus.Failed) findings.First(f => f.Status is FindingStatus.Failed).Code.ShouldBe(code, said);
        findings.Where(f => f.Status is not FindingStatus.Failed and not FindingStatus.Waiting).Select(f => f.Code).ShouldBeUnique();
    }

    [Fact]
    public void Nothing_is_produced_that_the_portal_cannot_name() =>
        Causes.Keys.Except(DiagnosisCodes.All.Select(c => c.Code), StringComparer.Ordinal).ShouldBeEmpty();

    [Fact]
    public void Each_has_words_of_its_own()
    {
        DiagnosisCodes.All.Select(c => c.Code).ShouldBeUnique();
        DiagnosisCodes.All.Count(c => c.Status is FindingStatus.Failed or FindingStatus.Warning).ShouldBeGreaterThan(70);
        var serious = DiagnosisCodes.All.Where(c => c.Status is FindingStatus.Failed or FindingStatus.Warning).ToList();
        serious.Where(c => c.Fix.Length == 0).Select(c => c.Code).ShouldBeEmpty();
        serious.Select(c => (c.Fix, c.Owner)).ShouldBeUnique();
    }

    [Fact]
    public async Task Each_stands_on_the_page_of_explanations()
    {
        await using var portal = await PortalApp.StartAsync();
        using var browser = portal.OpenBrowser();

        var page = WebUtility.HtmlDecode(await browser.GetTextAsync("/help/diagnosis"));

        DiagnosisCodes.All.Where(c => !page.Contains($"id=\"{c.Code}\"", StringComparison.Ordinal)).Select(c => c.Code).ShouldBeEmpty();
        DiagnosisCodes.All.Where(c => !page.Contains(c.Title, StringComparison.Ordinal)).Select(c => c.Title).ShouldBeEmpty();
    }
}
