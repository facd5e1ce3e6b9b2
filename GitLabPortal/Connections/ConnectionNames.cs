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
}
