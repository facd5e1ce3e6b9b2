using GitLabPortal.Shell;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Shell;

public sealed class CheckingSettingsTests
{
    [Fact]
    public void Names_every_problem_by_its_key_at_once()
    {
        var refusal = Should.Throw<SettingsException>(() => PortalHost.Build(
        [
            "--Urls=nonsense", "--Portal:PublicUrl=not a url", "--Portal:AllowInsecureTokenEntry=maybe", "--Portal:EgressAddresses:0=300.1.1.1",
            "--Portal:Typo=1", "--Outbound:AllowedNetworks:0=10.0.0.0/99", "--Outbound:ConnectTimeout=soon", "--Data:Directory=",
        ]));

        string[] keys =
        [
            "Urls", "Portal:PublicUrl", "Portal:AllowInsecureTokenEntry", "Portal:EgressAddresses:0", "Portal:Typo", "Outbound:ConnectTimeout", "Data:Directory",
        ];
        foreach (var key in keys) refusal.Problems.ShouldContain(p => p.StartsWith(key, StringComparison.Ordinal), $"{key}: {refusal.Message}");
    }

    [Fact]
    public void The_file_at_the_top_lists_every_setting_with_its_default()
    {
        using var file = typeof(PortalHost).Assembly.GetManifestResourceStream("appsettings.json")!;
        using var json = System.Text.Json.JsonDocument.Parse(file);
        var listed = json.RootElement.EnumerateObject()
            .Where(s => s.Value.ValueKind == System.Text.Json.JsonValueKind.Object && s.Name != "Logging")
            .SelectMany(s => s.Value.EnumerateObject().Select(v => $"{s.Name}:{v.Name}"))
            .ToList();
        var known = typeof(PortalHost).Assembly.GetTypes()
            .Where(t => t.Name.EndsWith("Options", StringComparison.Ordinal) && t.GetField("Section") is { IsLiteral: true })
            .SelectMany(t => t.GetProperties().Where(p => p.SetMethod is { IsPublic: true }).Select(p => $"{t.GetField("Section")!.GetRawConstantValue()}:{p.Name}"))
            .ToList();

        listed.Order(StringComparer.Ordinal).ShouldBe(known.Order(StringComparer.Ordinal));
    }
}
