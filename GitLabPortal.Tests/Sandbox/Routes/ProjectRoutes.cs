using System.Security.Cryptography;
using System.Text;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>One project: its object, languages and files (FACTS 4.5 and 4.6).</summary>
internal static class ProjectRoutes
{
    private static readonly string[] Languages = ["C#", "Ruby", "Go", "TypeScript", "Python", "Rust", "Java", "Shell", "HTML", "CSS"];

    public static readonly Route[] All =
    [
        new("GET", "projects/:id", Read) { Access = Access.Anyone, Scopes = ReadScopes },
        new("DELETE", "projects/:id", Delete),
        new("GET", "projects/:id/languages", ReadLanguages) { Access = Access.Anyone },
        new("GET", "projects/:id/repository/files/:file_path/raw", ReadRaw) { Access = Access.Anyone, Scopes = static _ => ["read_repository"] },
    ];

    public static Answer WithProject(ApiCall call, Func<SandboxProject, Answer> handle)
    {
        var id = call.Path("id");
        var project = call.PathNumber("id") is { } number ? call.World.FindProject(number)
            : id.Contains('/', StringComparison.Ordinal) ? call.World.FindProject(id)
            : null;
        if (project is not null)
            return call.Viewer.CanSee(project) ? handle(project) : Answers.NotFound("Project");

        if (id.Contains('/', StringComparison.Ordinal) && call.Release.Has(Capability.MovedProjectsRedirect)
            && call.World.FindMovedProject(id) is { } moved && call.Viewer.CanSee(moved))
            return Redirect(call, moved);

        // Beyond bigint the look-up itself fails, and that is spelt differently.
        return id.Length > 18 && id.All(char.IsAsciiDigit) ? Answers.RecordNotFound() : Answers.NotFound("Project");
    }

    private static string[] ReadScopes(GitLabRelease release) => release.Has(Capability.AiWorkflowsScope) ? ["ai_workflows"] : [];

    private static Answer Redirect(ApiCall call, SandboxProject moved)
    {
        if (!call.Request.IsRead)
            return Answers.MovedForOtherVerbs();
        // Whatever came after the id in the path is kept.
        var segments = call.Request.Path!.Split('/');
        var rest = segments.Length > 5 ? "/" + string.Join('/', segments[5..]) : "";
        var query = call.Request.RawQuery.Length > 0 ? "?" + call.Request.RawQuery : "";
        return Answers.Moved($"{call.Server.Api}/projects/{moved.Id}{rest}{query}");
    }

    private static Answer Read(ApiCall call) => WithProject(call, project => Json.Object(200, json =>
    {
        ProjectShape.WriteBasicProperties(json, project, call);
        if (call.Caller.User is not null)
            ProjectDetailsShape.Write(json, project, call, isSingle: true);
    }));

    private static Answer Delete(ApiCall call) => WithProject(call, project =>
    {
        if (!call.Caller.HasAdminPowers && call.Viewer.Level(project) < 50)
            return Answers.Forbidden();
        call.World.MarkForDeletion(project);
        return Answers.Message(202, "202 Accepted");
    });

    private static Answer ReadLanguages(ApiCall call) => WithProject(call, project => !call.Viewer.CanReadCode(project)
        ? Answers.Forbidden()
        : Json.Object(200, json =>
        {
            if (project.IsEmpty)
                return;
            var mix = Deterministic.Mix(7, project.Id);
            var main = 55 + (int)(mix % 40);
            var first = (int)(mix / 64 % (ulong)Languages.Length);
            json.WriteNumber(Languages[first], main + 0.25m);
            json.WriteNumber(Languages[(first + 3) % Languages.Length], 100 - main - 0.25m);
        }));

    private static Answer ReadRaw(ApiCall call) => WithProject(call, project =>
    {
        if (!call.Viewer.CanReadCode(project))
            return Answers.Forbidden();
        var asked = call.Parameters["ref"] ?? "HEAD";
        if (project.IsEmpty || (asked != "HEAD" && asked != project.DefaultBranch))
            return Answers.NotFound("Commit");
        var path = call.Path("file_path");
        if (!project.HasReadme || path != "README.md")
            return Answers.NotFound("File");

        var text = $"# {project.Name}\n\n{project.Description}\n\n## Getting started\n\n```sh\ngit clone {call.Server.ExternalUrl}/{project.FullPath}.git\n```\n";
        var bytes = Encoding.UTF8.GetBytes(text);
        var commit = Deterministic.Hex($"commit:{project.Id}", 40);
        return new Answer { Status = 200, ContentType = "text/plain; charset=utf-8", Body = bytes }
            .With("X-Gitlab-Blob-Id", Deterministic.Hex($"blob:{project.Id}", 40))
            .With("X-Gitlab-Commit-Id", commit)
            .With("X-Gitlab-Content-Sha256", Convert.ToHexStringLower(SHA256.HashData(bytes)))
            .With("X-Gitlab-Encoding", "base64")
            .With("X-Gitlab-Execute-Filemode", "false")
            .With("X-Gitlab-File-Name", "README.md")
            .With("X-Gitlab-File-Path", "README.md")
            .With("X-Gitlab-Last-Commit-Id", commit)
            .With("X-Gitlab-Ref", asked)
            .With("X-Gitlab-Size", bytes.Length.ToString(System.Globalization.CultureInfo.InvariantCulture));
    });
}
