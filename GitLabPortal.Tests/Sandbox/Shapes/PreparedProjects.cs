using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>
/// The project objects that one token is shown, as bytes, written before anybody asks: the same that are written otherwise, but a
/// measured client does not share its cores with the writing. Valid until the world changes.
/// </summary>
internal sealed class PreparedProjects
{
    private readonly Caller _caller;
    private readonly Dictionary<long, byte[]> _objects;

    private PreparedProjects(Caller caller, Dictionary<long, byte[]> objects) => (_caller, _objects) = (caller, objects);

    public static void Prepare(SandboxWorld world, ServerIdentity server, SandboxToken token)
    {
        var request = new ReceivedRequest
        {
            Method = "GET",
            Scheme = "http",
            Host = "localhost",
            FullPath = "/api/v4/projects",
            Path = "/api/v4/projects",
            RawQuery = "",
            Headers = new HeaderDictionary(),
        };
        world.Prepared = world.Read(() =>
        {
            var caller = new Caller(token.User, token, token.User.IsAdmin && !world.Settings.AdminMode);
            var call = new ApiCall(request, Parameters.Of(request), world, server, caller, new Dictionary<string, string>(StringComparer.Ordinal));
            return new PreparedProjects(caller, world.ProjectsUnderLock.ToDictionary(p => p.Id, p => Write(p, call)));
        });
    }

    /// <summary>A list of them; null when it has to be written for this caller.</summary>
    public Answer? List(IReadOnlyCollection<SandboxProject> page, Caller caller)
    {
        if (caller.User != _caller.User || caller.HasAdminPowers != _caller.HasAdminPowers)
            return null;
        var body = new byte[page.Sum(p => _objects[p.Id].Length + 1) + (page.Count == 0 ? 2 : 1)];
        var at = 0;
        foreach (var project in page)
        {
            body[at] = (byte)(at == 0 ? '[' : ',');
            var bytes = _objects[project.Id];
            bytes.CopyTo(body, at + 1);
            at += bytes.Length + 1;
        }

        if (at == 0)
            body[at++] = (byte)'[';
        body[at] = (byte)']';
        return new Answer { Status = 200, ContentType = "application/json", Body = body };
    }

    private static byte[] Write(SandboxProject project, ApiCall call)
    {
        var buffer = new ArrayBufferWriter<byte>(8 * 1024);
        using (var json = new Utf8JsonWriter(buffer, Json.Options))
            ProjectShape.WriteFull(json, project, call, isSingle: false);
        return buffer.WrittenSpan.ToArray();
    }
}
