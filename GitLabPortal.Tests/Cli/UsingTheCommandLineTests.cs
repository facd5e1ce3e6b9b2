using GitLabPortal.Cli;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Cli;

public sealed class UsingTheCommandLineTests : IDisposable
{
    private readonly CommandRun cli = new();

    public void Dispose() => cli.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(false, "--urls", "http://0.0.0.0:8080")]
    [InlineData(false, "--urls=http://0.0.0.0:8080")]
    [InlineData(false, "/urls", "http://0.0.0.0:8080")]
    [InlineData(false, "Urls=http://0.0.0.0:8080")]
    [InlineData(false, "--Data:Directory", "/srv/portal")]
    [InlineData(false, "--Data:Directory=/srv/portal", "--urls", "http://0.0.0.0:8080")]
    [InlineData(true, "connection", "list")]
    [InlineData(true, "--Data:Directory=/srv/portal", "connection", "list")]
    [InlineData(true, "--Data:Directory", "/srv/portal", "setup")]
    [InlineData(true, "nonsense")]
    [InlineData(true, "--help")]
    [InlineData(true, "--version")]
    public void A_word_makes_a_command_and_settings_alone_serve_the_portal(bool isCommand, params string[] args) =>
        CommandLine.IsMeantBy(args).ShouldBe(isCommand);

    [Theory]
    [InlineData("--help", "connection")]
    [InlineData("setup --help", "--password-file")]
    [InlineData("connection --help", "list")]
    [InlineData("repositories list --help", "--search")]
    public async Task Help_says_what_there_is(string words, string expected)
    {
        (await cli.RunAsync(words.Split(' '))).ShouldBe(CommandLine.Done);

        cli.Out.ShouldContain(expected);
        cli.Out.ShouldContain("--json");
        cli.Error.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("nonsense", "nonsense")]
    [InlineData("connection", "Required command")]
    [InlineData("connection list", "--team")]
    [InlineData("connection list --team rocket --loud", "--loud")]
    [InlineData("repositories list --team rocket --limit 0", "--limit takes a number from 1 to 10000")]
    [InlineData("repositories list --team rocket --limit many", "--limit")]
    [InlineData("repositories list --team rocket --skip -1", "--skip takes 0 or more")]
    [InlineData("setup --name Ada", "--email")]
    public async Task Wrong_usage_ends_with_2_and_points_to_the_help(string words, string expected)
    {
        (await cli.RunAsync(words.Split(' '))).ShouldBe(CommandLine.WrongUsage);

        cli.Error.ShouldContain(expected);
        cli.Error.ShouldContain("--help");
        cli.Out.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_data_directory_without_a_portal_is_named_and_left_alone()
    {
        (await cli.RunAsync("connection", "list", "--team", "rocket")).ShouldBe(CommandLine.Failed);

        cli.Error.ShouldContain(cli.DataDirectory);
        cli.Error.ShouldContain("gitlabportal setup");
        Directory.EnumerateFileSystemEntries(cli.DataDirectory).ShouldBeEmpty();
    }

    [Fact]
    public async Task Wrong_settings_are_named_by_their_keys()
    {
        (await cli.RunAsync("connection", "list", "--team", "rocket", "--Sync:Interval=soon")).ShouldBe(CommandLine.Failed);

        cli.Error.ShouldContain("Sync:Interval is 'soon'");
    }

    [Fact]
    public async Task A_portal_is_set_up_without_a_browser_and_only_once()
    {
        await cli.SetUpAsync();
        cli.Out.ShouldBe("ada@example.com is the portal's administrator and owns the team “Rocket” (rocket)." + Environment.NewLine);

        (await cli.RunAsync("setup", "--name", "Eve", "--email", "eve@example.com", "--password-file", "-", "--team-name", "Eve")).ShouldBe(CommandLine.Failed);
        cli.Error.ShouldContain("set up already");
        cli.Out.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_people_enter_wrong_is_said_in_the_pages_words()
    {
        cli.Input = "short";

        (await cli.RunAsync("setup", "--name", "Ada", "--email", "ada@example.com", "--password-file", "-", "--team-name", "Rocket", "--json")).ShouldBe(CommandLine.Failed);

        cli.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe("setup-invalid");
        cli.Error.ShouldContain(cli.Json.GetProperty("error").GetProperty("message").GetString()!);
        cli.Error.ShouldNotContain("short\n");
    }

    [Theory]
    [InlineData("/no/such/file", "could not be read from /no/such/file")]
    [InlineData("-", "There is no password in standard input")]
    public async Task A_secret_that_is_not_there_is_said_so(string source, string expected)
    {
        (await cli.RunAsync("setup", "--name", "Ada", "--email", "ada@example.com", "--password-file", source, "--team-name", "Rocket")).ShouldBe(CommandLine.Failed);

        cli.Error.ShouldContain(expected);
    }

    [Fact]
    public async Task A_team_that_does_not_exist_is_answered_with_those_that_do()
    {
        await cli.SetUpAsync();

        (await cli.RunAsync("connection", "list", "--team", "rockets")).ShouldBe(CommandLine.Failed);

        cli.Error.ShouldContain("There is no team “rockets”. There is: rocket");
    }

    [Fact]
    public async Task A_team_without_connections_has_an_empty_list()
    {
        await cli.SetUpAsync();

        (await cli.RunAsync("connection", "list", "--team", "rocket")).ShouldBe(CommandLine.Done);
        cli.Out.ShouldContain("Rocket has no connection yet.");
        (await cli.RunAsync("connection", "list", "--team", "rocket", "--json")).ShouldBe(CommandLine.Done);
        cli.Json.GetArrayLength().ShouldBe(0);
        (await cli.RunAsync("repositories", "list", "--team", "rocket", "--json")).ShouldBe(CommandLine.Done);
        cli.Json.GetProperty("total").GetInt32().ShouldBe(0);
    }
}
