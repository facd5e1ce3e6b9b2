using System.Text.Json;

namespace GitLabPortal.Tests.Sandbox.Tests;

/// <summary>Recordings of real GitLab servers, when a folder with them lies beside the repository. They are no part of the project.</summary>
internal static class RecordedAnswers
{
    public static string? Folder { get; } = Find();

    public static JsonSchema Schema(string name) => JsonSchema.Load(Path.Combine(Folder!, "schemas", name));

    public static JsonElement Exchange(string name) => JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder!, "exchanges", name))).RootElement;

    private static string? Find()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (!File.Exists(Path.Combine(at.FullName, "GitLabPortal.sln")))
                continue;
            var beside = Path.Combine(at.Parent?.FullName ?? at.FullName, "shared", "gitlab", "recorded");
            return Directory.Exists(beside) ? beside : null;
        }

        return null;
    }
}
