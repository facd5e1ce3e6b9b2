using System.Globalization;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>One authenticated (or knowingly anonymous) API call on its way into a handler, under the world's lock.</summary>
internal sealed class ApiCall(
    ReceivedRequest request, Parameters parameters, SandboxWorld world, ServerIdentity server, Caller caller, Dictionary<string, string> path)
{
    public ReceivedRequest Request => request;
    public Parameters Parameters => parameters;
    public SandboxWorld World => world;
    public ServerIdentity Server => server;
    public GitLabRelease Release => server.Release;
    public Caller Caller => caller;
    public Viewer Viewer { get; } = new(world, caller.User, caller.HasAdminPowers);

    /// <summary>Set on routes that demand a user.</summary>
    public SandboxUser User => caller.User!;
    public SandboxToken Token => caller.Token!;

    public string Path(string name) => path[name];
    public IReadOnlyDictionary<string, string> PathValues => path;

    public long? PathNumber(string name) =>
        long.TryParse(path[name], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}

/// <param name="User">Null for an anonymous caller.</param>
/// <param name="Token">Null for an anonymous caller.</param>
/// <param name="HasAdminPowers">An admin; with Admin Mode on also with the scope admin_mode.</param>
internal sealed record Caller(SandboxUser? User, SandboxToken? Token, bool HasAdminPowers)
{
    public static readonly Caller Anonymous = new(User: null, Token: null, HasAdminPowers: false);
}
