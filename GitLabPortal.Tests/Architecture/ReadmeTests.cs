using System.Text.Json;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Architecture;

/// <summary>The front door tells the truth.</summary>
public sealed class ReadmeTests
{
    [Fact]
    public void Every_setting_is_explained()
    {
        var readme = File.ReadAllText(Path.Combine(SourceTests.Root, "README.md"));
        using var settings = JsonDocument.Parse(File.ReadAllText(Path.Combine(SourceTests.Root, "appsettings.json")));

        var unexplained = settings.RootElement.EnumerateObject()
            .Where(section => section.Name != "Logging")
            .SelectMany(section => section.Value.ValueKind == JsonValueKind.Object
                ? section.Value.EnumerateObject().Select(setting => $"{section.Name}:{setting.Name}")
                : [section.Name])
            .Where(key => !readme.Contains($"| `{key}` |", StringComparison.Ordinal));

        unexplained.ShouldBeEmpty("add a row to the table in README.md");
    }
}
