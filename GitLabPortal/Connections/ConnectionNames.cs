using GitLabPortal.Kernel;

namespace GitLabPortal.Connections;

internal static class ConnectionNames
{
    /// <summary>A name nobody in the team uses yet: the host, then <c>host 2</c>, ….</summary>
    public static string Free(InstanceUrl address, IReadOnlyCollection<string> taken)
    {
        var host = new Uri(address.BaseUrl).IdnHost;
        if (host.Length > Connection.MaxNameLength - 5) host = host[..(Connection.MaxNameLength - 5)];
        var name = host;
        for (var i = 2; taken.Contains(name, StringComparer.OrdinalIgnoreCase); i++) name = $"{host} {i}";
        return name;
    }

    public static Problem? Problem(string name)
    {
        if (name.Length == 0) return new Problem.Invalid("name-missing", "Give the connection a name.", "name");
        if (name.Length > Connection.MaxNameLength)
            return new Problem.Invalid("name-too-long", $"The name is longer than {Connection.MaxNameLength} characters. Shorten it.", "name");
        return !DisplayName.IsPrintable(name)
            ? new Problem.Invalid("name-control", "The name holds characters that cannot be shown. Type it again.", "name")
            : null;
    }
}
