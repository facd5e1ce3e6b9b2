using System.Reflection;

namespace GitLabPortal.Kernel;

/// <summary>What is wrong with the settings, gathered from all features before the portal starts.</summary>
public sealed class SettingsProblems
{
    private readonly List<string> problems = [];

    public IReadOnlyList<string> All => problems;

    internal void Add(IEnumerable<string> found) => problems.AddRange(found);
}

public static class Settings
{
    /// <summary>
    /// Binds a section to <typeparamref name="T"/> and notes every problem with it by its key: a value of the wrong kind, a key that
    /// is no setting, and what <paramref name="problems"/> finds.
    /// </summary>
    public static IServiceCollection AddSettings<T>(
        this IServiceCollection services, IConfiguration configuration, string section, Func<T, IEnumerable<string>> problems)
        where T : class, new()
    {
        var found = Problems(services);
        var values = configuration.GetSection(section);
        var properties = typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite && p.SetMethod!.IsPublic).ToList();
        var unknown = values.GetChildren().Where(v => !properties.Exists(p => p.Name.Equals(v.Key, StringComparison.OrdinalIgnoreCase)));
        found.Add(unknown.Select(v => $"{v.Path} is not a setting. This section has {string.Join(", ", properties.Select(p => p.Name))}."));

        var settings = new T();
        var unreadable = properties.Select(p => Read(values, p, settings)).OfType<string>().ToList();
        found.Add(unreadable);
        found.Add(problems(settings));
        services.Configure<T>(options => properties.ForEach(p => p.SetValue(options, p.GetValue(settings))));
        return services;
    }

    /// <summary>The list that all features add to.</summary>
    public static SettingsProblems Problems(IServiceCollection services)
    {
        if (services.FirstOrDefault(s => s.ServiceType == typeof(SettingsProblems))?.ImplementationInstance is SettingsProblems known) return known;
        var problems = new SettingsProblems();
        services.AddSingleton(problems);
        return problems;
    }

    /// <summary>Sets one property; says what is wrong with its value when it cannot.</summary>
    private static string? Read(IConfigurationSection section, PropertyInfo property, object settings)
    {
        var value = section.GetSection(property.Name);
        if (!value.Exists()) return null;
        try
        {
            if (value.Get(property.PropertyType) is { } read) property.SetValue(settings, read);
            return null;
        }
        catch (InvalidOperationException)
        {
            return $"{section.Path}:{property.Name} is '{value.Value}'. Give {Kind(property.PropertyType)}.";
        }
    }

    private static string Kind(Type type) => type switch
    {
        _ when type == typeof(bool) => "true or false",
        _ when type == typeof(TimeSpan) => "a time such as 00:00:30",
        _ when type == typeof(int) || type == typeof(long) => "a whole number",
        _ when type == typeof(DateTimeOffset) => "a date and time",
        _ => $"a value of the kind {type.Name}",
    };
}
