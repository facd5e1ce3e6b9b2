using System.Text;
using GitLabPortal.Data;
using GitLabPortal.Kernel;

namespace GitLabPortal.Shell;

/// <summary>The settings cannot be used; the message lists every problem by its key.</summary>
public sealed class SettingsException(IReadOnlyList<string> problems) : Exception(Describe(problems))
{
    public IReadOnlyList<string> Problems { get; } = problems;

    private static string Describe(IReadOnlyList<string> problems)
    {
        var text = new StringBuilder("The portal cannot start with these settings:\n");
        foreach (var problem in problems) text.Append("  - ").Append(problem).Append('\n');
        return text.Append("Settings come from appsettings.json; an environment variable such as GITLABPORTAL_Data__Directory overrides Data:Directory.").ToString();
    }
}

internal static class SettingsCheck
{
    /// <summary>Stops the start when a setting is wrong, with all of them named at once.</summary>
    public static void Require(IServiceCollection services)
    {
        if (Settings.Problems(services).All is { Count: > 0 } problems) throw new SettingsException(problems);
    }
}

/// <summary>What to tell the operator when the portal cannot start for a reason that is not a bug.</summary>
internal static class StartProblem
{
    public static string? Explain(Exception e) => e switch
    {
        SettingsException or DatabaseUpgradeException => e.Message,
        IOException { InnerException: Microsoft.AspNetCore.Connections.AddressInUseException } =>
            "Another program already listens on this address. Stop it, or choose another one: --urls http://localhost:5081",
        UnauthorizedAccessException or IOException =>
            "The portal cannot write to its data directory. Let its user write there, or name another one with GITLABPORTAL_Data__Directory.",
        _ => null,
    };
}
