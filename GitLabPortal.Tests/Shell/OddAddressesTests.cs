using System.Net;
using GitLabPortal.Tests.Harness;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Shell;

/// <summary>An address that was cut, mistyped or made up leads to a page all the same.</summary>
public sealed class OddAddressesTests
{
    private static readonly string[] Odd = ["", "1e9", "-1", "99999999999999999999", "yes", "%00", "%F0%9F%98%80", "'%22%3E%3Cb%3E", "../..", new('9', 3000)];

    private static readonly (string Path, string[] Parameters)[] Pages =
    [
        ("/team/rocket/repositories", ["q", "page", "sort", "archived", "visibility", "connection", "namespace", "topic", "fork", "empty", "added"]),
        ("/team/rocket/repositories/personal", ["account", "q", "page"]),
        ("/team/rocket/settings/connections/new", ["step", "url", "plain-http", "read-only", "api-url", "ca", "seal", "mode"]),
        ("/profile", ["link", "saved"]),
        ("/sign-in", ["returnUrl", "again"]),
        ("/servers/set-up", ["code", "url"]),
    ];

    [Fact]
    public async Task Lead_to_their_page()
    {
        await using var portal = await PortalApp.StartSetUpAsync();
        using var browser = await portal.OpenSignedInAsync();
        List<string> wrong = [];
        foreach (var (path, parameters) in Pages)
        {
            foreach (var query in parameters.SelectMany(p => Odd.Select(value => $"{p}={value}")))
            {
                var answer = await browser.OpenAsync($"{path}?{query}");
                if (answer.Status != HttpStatusCode.OK && answer.Status != HttpStatusCode.Redirect) wrong.Add($"{(int)answer.Status} {path}?{(query.Length > 60 ? query[..60] : query)}");
            }
        }

        wrong.ShouldBeEmpty();
        portal.Logs.Lines.Where(l => l.StartsWith("Error", StringComparison.Ordinal) || l.StartsWith("Critical", StringComparison.Ordinal)).ShouldBeEmpty();
    }
}
