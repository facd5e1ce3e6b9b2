using System.Text.Json;
using GitLabPortal.Cli;
using Microsoft.Data.Sqlite;

namespace GitLabPortal.Tests.Cli;

/// <summary>Runs the product's command line on a data directory of its own and keeps what it said.</summary>
internal sealed class CommandRun : IDisposable
{
    public string DataDirectory { get; init; } = Directory.CreateTempSubdirectory("gitlabportal-cli-").FullName;

    /// <summary>Somebody else clears it away.</summary>
    public bool IsBorrowed { get; init; }

    public string Out { get; private set; } = "";

    public string Error { get; private set; } = "";

    /// <summary>What stands on standard input.</summary>
    public string Input { get; set; } = "";

    public JsonElement Json => JsonDocument.Parse(Out).RootElement;

    public async Task<int> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var console = new CommandConsole(new StringReader(Input), output, error, IsLive: false);
        var code = await CommandLine.RunAsync(
            // First, so that a test's own settings count.
            [$"--Data:Directory={DataDirectory}", "--Outbound:AllowedNetworks:0=127.0.0.0/8", .. args], console, CancellationToken.None);
        (Out, Error) = (output.ToString(), error.ToString());
        return code;
    }

    public async Task SetUpAsync(string team = "Rocket")
    {
        Input = "correct horse battery\n";
        var code = await RunAsync("setup", "--name", "Ada", "--email", "ada@example.com", "--password-file", "-", "--team-name", team);
        if (code != 0) throw new InvalidOperationException(Error);
    }

    public void Dispose()
    {
        if (IsBorrowed) return;
        GitLabPortal.Data.DataFeature.ClearPool(Path.Combine(DataDirectory, "portal.db"));
        Directory.Delete(DataDirectory, recursive: true);
    }
}
