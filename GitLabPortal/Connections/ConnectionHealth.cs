using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Connections;

/// <summary>A finding as programs read it, on the command line and over HTTP alike. Names and codes stay; new ones may come.</summary>
public sealed record ReadableFinding(
    string? Phase, string Code, FindingStatus Status, string Title, string Seen, string Fix, FixOwner Owner, IReadOnlyList<FindingFact> Facts, string? SuggestedAddress, string Help)
{
    /// <summary>Enumerations as words with dashes.</summary>
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.Create(UnicodeRanges.All),
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    public static ReadableFinding Of(Finding f) =>
        new(f.Phase, f.Code, f.Status, f.Title, f.Seen, f.Fix, f.Owner, f.Facts, f.SuggestedAddress, $"/help/diagnosis#{f.Code}");
}

/// <summary>How connections do, for programs: numbers for everybody, what was found for the team's own members.</summary>
internal static class ConnectionHealth
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        // Numbers alone: names of servers and teams are nobody's business who is not signed in. Always 200, because a GitLab that is down
        // is no reason to take the portal out of service.
        routes.MapGet("/health/connections", CountAsync).AllowAnonymous();
        routes.MapGet("/api/teams/{slug}/connections", ReadAsync).AllowAnonymous();
    }

    private static async Task<IResult> CountAsync(IDbContextFactory<PortalDb> contexts, HttpContext context)
    {
        await using var db = await contexts.CreateDbContextAsync(context.RequestAborted);
        var byStatus = await db.Set<Connection>().GroupBy(c => c.Status).Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, context.RequestAborted);
        int Of(ConnectionStatus status) => byStatus.GetValueOrDefault(status);
        context.Response.Headers.CacheControl = "no-store";
        return Results.Json(
            new
            {
                Connections = byStatus.Values.Sum(),
                Working = Of(ConnectionStatus.Working),
                Unreachable = Of(ConnectionStatus.Unreachable),
                TokenRefused = Of(ConnectionStatus.TokenRefused),
                TokenLost = Of(ConnectionStatus.TokenLost),
            },
            ReadableFinding.Json);
    }

    /// <summary>Programs get a status where people are led to the sign-in page; a team that one is not in looks like none.</summary>
    private static async Task<IResult> ReadAsync(string slug, TeamAuthorizer authorizer, ConnectionQueries queries, HttpContext context)
    {
        if (context.User.Identity is not { IsAuthenticated: true }) return Refuse(StatusCodes.Status401Unauthorized, "not-signed-in", "Sign in first.");
        var access = await authorizer.AuthorizeAsync(context.User, slug, TeamRole.Member, context.RequestAborted);
        if (!access.IsSuccess) return Refuse(StatusCodes.Status404NotFound, access.Problem.Code, access.Problem.Message);
        var cards = await queries.ForTeamAsync(access.Value, context.RequestAborted);
        context.Response.Headers.CacheControl = "no-store";
        return Results.Json(
            new
            {
                Connections = cards.Select(c => new
                {
                    c.Id,
                    c.Name,
                    Address = c.BaseUrl,
                    c.Status,
                    c.CheckedAt,
                    Ok = c.Status is ConnectionStatus.Working && c.Findings.All(f => f.Status is not FindingStatus.Failed),
                    Findings = c.Findings.Select(ReadableFinding.Of),
                }),
            },
            ReadableFinding.Json);
    }

    private static IResult Refuse(int status, string code, string message) => Results.Json(new { Error = new { Code = code, Message = message } }, ReadableFinding.Json, statusCode: status);
}
