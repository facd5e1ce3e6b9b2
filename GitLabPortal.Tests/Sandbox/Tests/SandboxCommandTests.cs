using System.Diagnostics;
using System.Net;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Sandbox.Tests;

public sealed class SandboxCommandTests
{
    [Fact]
    public async Task Runs_in_its_own_process_with_tokens_that_scripts_know()
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var argument in (string[])[typeof(SandboxCommand).Assembly.Location, "sandbox", "--projects", "40", "--relative-root", "/gitlab"])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        try
        {
            var first = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
            first.ShouldNotBeNull().ShouldMatch("^Sandbox GitLab listening on http://127\\.0\\.0\\.1:\\d+/gitlab$");
            var url = first["Sandbox GitLab listening on ".Length..];
            using var http = new HttpClient();

            async Task<HttpStatusCode> Ask(string kind, string path)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, url + path);
                request.Headers.Add("PRIVATE-TOKEN", SandboxTokenSet.SecretOf(kind));
                using var response = await http.SendAsync(request);
                return response.StatusCode;
            }

            (await Ask(SandboxTokenSet.Good, "/api/v4/user")).ShouldBe(HttpStatusCode.OK);
            (await Ask(SandboxTokenSet.ReadOnly, "/api/v4/projects")).ShouldBe(HttpStatusCode.OK);
            (await Ask(SandboxTokenSet.ReadUser, "/api/v4/projects")).ShouldBe(HttpStatusCode.Forbidden);
            (await Ask(SandboxTokenSet.Expired, "/api/v4/user")).ShouldBe(HttpStatusCode.Unauthorized);
            (await Ask(SandboxTokenSet.Revoked, "/api/v4/user")).ShouldBe(HttpStatusCode.Unauthorized);
            (await Ask(SandboxTokenSet.Blocked, "/api/v4/user")).ShouldBe(HttpStatusCode.Forbidden);
            (await Ask(SandboxTokenSet.ProjectToken, "/api/v4/user")).ShouldBe(HttpStatusCode.OK);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    [Fact]
    public async Task Refuses_options_that_it_does_not_know()
    {
        (await SandboxCommand.RunAsync(["--colour", "blue"], CancellationToken.None)).ShouldBe(2);
        (await SandboxCommand.RunAsync(["--port", "many"], CancellationToken.None)).ShouldBe(2);
    }
}
