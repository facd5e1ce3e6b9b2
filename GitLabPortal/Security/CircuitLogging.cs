namespace GitLabPortal.Security;

/// <summary>
/// SignalR writes the text of every message to its log at Debug, and one of them is a pasted token. Whatever the settings say, its
/// messages stay out of the log.
/// </summary>
internal static class CircuitLogging
{
    private const string Category = "Microsoft.AspNetCore.SignalR";

    public static void KeepMessagesOut(LoggerFilterOptions options)
    {
        var providers = options.Rules.Select(r => r.ProviderName).Append(null).Distinct(StringComparer.Ordinal).ToList();
        foreach (var rule in options.Rules.Where(r => r.CategoryName?.StartsWith(Category, StringComparison.OrdinalIgnoreCase) ?? false).ToList())
        {
            options.Rules.Remove(rule);
        }

        // A rule that names a provider beats one that names only the category: so one for each provider.
        foreach (var provider in providers) options.Rules.Add(new LoggerFilterRule(provider, Category, LogLevel.Information, filter: null));
    }
}
