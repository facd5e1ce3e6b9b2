using System.Buffers;
using System.Net;
using System.Text.Json;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>System hooks, and what they are told (FACTS 7). Nothing is written for events that nobody listens to.</summary>
public sealed partial class SandboxWorld
{
    private readonly Dictionary<long, SandboxHook> _hooks = [];
    private long _lastHookId;

    /// <summary>Raised while the world is being changed: return at once.</summary>
    internal event Action<SandboxHook, HookEvent>? Happened;

    public IReadOnlyList<SandboxHook> Hooks => Read(() => _hooks.Values.ToList());

    public SandboxHook AddHook(string url, string? token = null) => Write(() =>
    {
        var hook = new SandboxHook(++_lastHookId, url, Now) { Token = token };
        _hooks.Add(hook.Id, hook);
        return hook;
    });

    /// <summary>As an administrator does on GitLab's own page.</summary>
    public void Change(SandboxHook hook, string? url = null, string? token = null) => Write(() =>
    {
        hook.Url = url ?? hook.Url;
        hook.Token = token ?? hook.Token;
    });

    public void Delete(SandboxHook hook) => Write(() => _hooks.Remove(hook.Id));

    internal SandboxHook? FindHook(long id) => Read(() => _hooks.GetValueOrDefault(id));

    /// <summary>Whether GitLab's own rules let a system hook go there.</summary>
    internal bool MayCall(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0
        && (Settings.LocalRequestsFromSystemHooks || !IsLocal(uri.Host));

    private static bool IsLocal(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && (IPAddress.IsLoopback(address) || IsPrivate(address)));

    private static bool IsPrivate(IPAddress address) => address.GetAddressBytes() switch
    {
        [10, ..] or [192, 168, ..] or [169, 254, ..] => true,
        [172, var second, _, _] => second is >= 16 and < 32,
        [var first, ..] when address.AddressFamily is System.Net.Sockets.AddressFamily.InterNetworkV6 => (first & 0xFE) == 0xFC || address.IsIPv6LinkLocal,
        _ => false,
    };

    private void Tell(string name, SandboxProject project, string? oldPath = null) => Tell(name, json =>
    {
        var owner = (project.Namespace as SandboxPersonalNamespace)?.Owner ?? Root;
        Times(json, project.CreatedAt);
        json.WriteString("event_name", name);
        json.WriteString("name", project.Name);
        json.WriteString("path", project.Path);
        json.WriteString("path_with_namespace", project.FullPath);
        json.WriteNumber("project_id", project.Id);
        json.WriteString("owner_name", owner.Name);
        json.WriteString("owner_email", owner.Email);
        json.WriteStartArray("owners");
        json.WriteStartObject();
        json.WriteString("name", owner.Name);
        json.WriteString("email", owner.Email);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteNumber("project_namespace_id", project.Namespace.Id);
        json.WriteString("project_visibility", project.Visibility.ToString().ToLowerInvariant());
        if (oldPath is not null)
            json.WriteString("old_path_with_namespace", oldPath);
    });

    private void Tell(string name, SandboxGroup group, string? oldPath = null, string? oldFullPath = null) => Tell(name, json =>
    {
        Times(json, group.CreatedAt);
        json.WriteString("event_name", name);
        json.WriteString("name", group.Name);
        json.WriteString("path", group.Path);
        if (oldFullPath is not null)
            json.WriteString("full_path", group.FullPath);
        json.WriteNumber("group_id", group.Id);
        if (oldFullPath is null)
            return;
        json.WriteString("old_path", oldPath);
        json.WriteString("old_full_path", oldFullPath);
    });

    private void Tell(string name, SandboxUser user, string? oldUsername = null) => Tell(name, json =>
    {
        Times(json, user.CreatedAt);
        json.WriteString("event_name", name);
        json.WriteString("name", user.Name);
        json.WriteString("email", user.Email);
        json.WriteNumber("user_id", user.Id);
        json.WriteString("username", user.Username);
        if (oldUsername is not null)
            json.WriteString("old_username", oldUsername);
    });

    internal void TellMember(string verb, SandboxUser user, SandboxProject project, int level) => Tell($"user_{verb}_team", json =>
    {
        Times(json, Now);
        json.WriteString("event_name", $"user_{verb}_team");
        json.WriteString("access_level", LevelName(level));
        json.WriteNumber("project_id", project.Id);
        json.WriteString("project_name", project.Name);
        json.WriteString("project_path", project.Path);
        json.WriteString("project_path_with_namespace", project.FullPath);
        WriteMember(json, user);
        json.WriteString("project_visibility", project.Visibility.ToString().ToLowerInvariant());
    });

    internal void TellMember(string verb, SandboxUser user, SandboxGroup group, int level) => Tell($"user_{verb}_group", json =>
    {
        Times(json, Now);
        json.WriteString("event_name", $"user_{verb}_group");
        json.WriteString("group_access", LevelName(level));
        json.WriteNumber("group_id", group.Id);
        json.WriteString("group_name", group.Name);
        json.WriteString("group_path", group.Path);
        WriteMember(json, user);
    });

    private static void WriteMember(Utf8JsonWriter json, SandboxUser user)
    {
        json.WriteString("user_email", user.Email);
        json.WriteString("user_name", user.Name);
        json.WriteString("user_username", user.Username);
        json.WriteNumber("user_id", user.Id);
    }

    private void Times(Utf8JsonWriter json, DateTimeOffset createdAt)
    {
        json.WriteString("created_at", Json.Time(createdAt));
        json.WriteString("updated_at", Json.Time(Now));
    }

    private void Tell(string name, Action<Utf8JsonWriter> write)
    {
        if (Happened is null || _hooks.Count == 0)
            return;
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        var what = new HookEvent(name, buffer.WrittenMemory.ToArray());
        foreach (var hook in _hooks.Values.Where(h => h.Wants(name)))
            Happened(hook, what);
    }

    private static string LevelName(int level) => level switch
    {
        >= 50 => "Owner",
        >= 40 => "Maintainer",
        >= 30 => "Developer",
        >= 20 => "Reporter",
        _ => "Guest",
    };
}
