using System.Reflection;
using GitLabPortal.Kernel;

namespace GitLabPortal.Shell;

internal static class ConfigurationSources
{
    /// <summary>
    /// The defaults inside the assembly, then appsettings.json beside the program, then GITLABPORTAL_ variables, then the command
    /// line. Nothing else is read, so that what is in force can be seen.
    /// </summary>
    public static void UsePortalSources(this ConfigurationManager configuration, string[] args)
    {
        configuration.Sources.Clear();
        configuration.AddJsonStream(Assembly.GetExecutingAssembly().GetManifestResourceStream("appsettings.json")!);
        configuration.AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true, reloadOnChange: false);
        configuration.AddEnvironmentVariables("GITLABPORTAL_");
        configuration.AddCommandLine(args);
    }

    /// <summary>The problems with the listening addresses.</summary>
    public static IEnumerable<string> UrlProblems(string? urls)
    {
        if (string.IsNullOrWhiteSpace(urls)) yield return "Urls is empty. Give at least one address such as http://localhost:5080.";
        foreach (var url in (urls ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            BindingAddress? address = null;
            try
            {
                address = BindingAddress.Parse(url);
            }
            catch (FormatException)
            {
                // Reported below.
            }

            if (address is null || address.Scheme is not ("http" or "https"))
                yield return $"Urls holds '{url}'. Give addresses such as http://localhost:5080 or http://0.0.0.0:8080.";
        }
    }
}
