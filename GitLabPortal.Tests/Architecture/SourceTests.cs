using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Architecture;

/// <summary>Rules about the files themselves.</summary>
public sealed partial class SourceTests
{
    private const int MaxLines = 330;

    internal static readonly string Root = FindRoot();

    [Fact]
    public void No_file_outgrows_what_one_can_read_at_once()
    {
        var long_ = Sources(".cs", ".razor", ".js")
            .Select(f => (File: Path.GetRelativePath(Root, f), Lines: File.ReadLines(f).Count()))
            .Where(f => f.Lines > MaxLines)
            .Select(f => $"{f.File} has {f.Lines} lines: part one thought from another");

        long_.ShouldBeEmpty();
    }

    [Fact]
    public void No_test_is_skipped()
    {
        var skipped = Sources(".cs").Where(f => !f.EndsWith("SourceTests.cs", StringComparison.Ordinal)).Where(f => SkipPattern().IsMatch(File.ReadAllText(f))).Select(f => Path.GetRelativePath(Root, f));

        skipped.ShouldBeEmpty();
    }

    [Fact]
    public void Every_page_states_who_may_open_it()
    {
        var silent = Sources(".razor")
            .Where(f => File.ReadAllText(f) is var text && text.Contains("@page ", StringComparison.Ordinal) && !AuthorizationPattern().IsMatch(text))
            .Select(f => Path.GetRelativePath(Root, f));

        silent.ShouldBeEmpty("add @attribute [Authorize] or [AllowAnonymous]");
    }

    [Fact]
    public void No_page_shows_the_text_of_an_exception()
    {
        var raw = Sources(".razor").Where(f => ExceptionTextPattern().IsMatch(File.ReadAllText(f))).Select(f => Path.GetRelativePath(Root, f));

        raw.ShouldBeEmpty();
    }

    private static IEnumerable<string> Sources(params string[] endings) =>
        new[] { "GitLabPortal", "GitLabPortal.Tests" }
            .SelectMany(project => Directory.EnumerateFiles(Path.Combine(Root, project), "*", SearchOption.AllDirectories))
            .Where(f => endings.Any(e => f.EndsWith(e, StringComparison.Ordinal)))
            .Where(f => !GeneratedPattern().IsMatch(f));

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "GitLabPortal.sln"))) directory = directory.Parent;
        return directory?.FullName ?? throw new DirectoryNotFoundException("These tests read the sources: run them from a checkout.");
    }

    [GeneratedRegex(@"[\\/](bin|obj|Migrations|node_modules)[\\/]", RegexOptions.ExplicitCapture)]
    private static partial Regex GeneratedPattern();

    [GeneratedRegex(@"\[(Fact|Theory)\([^\]]*Skip\s*=|Assert\.Skip|\[Explicit", RegexOptions.ExplicitCapture)]
    private static partial Regex SkipPattern();

    [GeneratedRegex(@"@attribute \[(Authorize|AllowAnonymous)", RegexOptions.ExplicitCapture)]
    private static partial Regex AuthorizationPattern();

    [GeneratedRegex(@"@(ex|exception|error)\.Message\b", RegexOptions.ExplicitCapture)]
    private static partial Regex ExceptionTextPattern();
}
