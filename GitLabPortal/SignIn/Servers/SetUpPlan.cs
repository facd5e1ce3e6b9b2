using System.Text.Json;
using System.Text.Json.Serialization;
using GitLabPortal.Connections;

namespace GitLabPortal.SignIn;

/// <summary>
/// Exactly what a set-up will create on GitLab. Everything can be left out. It holds no secret and goes into the journal as it is.
/// </summary>
public sealed record SetUpPlan
{
    public static readonly IReadOnlyList<string> ApplicationScopes = ["read_user", "read_api"];

    public static readonly IReadOnlyList<string> BotScopes = ["api", "read_user", "read_repository"];

    /// <summary>Reads code and issues; enough for listing and cloning.</summary>
    public const int ReporterLevel = 20;

    public required string BaseUrl { get; init; }

    public bool AllowsPlainHttp { get; init; }

    /// <summary>Certificate authorities (PEM) trusted besides the machine's; null for none.</summary>
    public string? Authorities { get; init; }

    /// <summary>Where people sign in, if the portal calls another address.</summary>
    public string? BrowserUrl { get; init; }

    /// <summary>Appended to names on GitLab, so that what this set-up made is found again.</summary>
    public required string Mark { get; init; }

    public bool WithApplication { get; init; } = true;

    public required string ApplicationName { get; init; }

    public required string RedirectUri { get; init; }

    public bool WithBot { get; init; } = true;

    /// <summary>The bot of an earlier set-up gets a new token; undoing leaves the bot alone.</summary>
    public bool ReuseBot { get; init; }

    /// <summary>A service account instead of an ordinary user, where the server offers them.</summary>
    public bool AsServiceAccount { get; init; }

    public required string BotUsername { get; init; }

    public required string BotName { get; init; }

    public required string BotEmail { get; init; }

    public DateOnly? BotTokenExpiresOn { get; init; }

    /// <summary>Groups that the bot joins with <see cref="ReporterLevel"/>.</summary>
    public IReadOnlyList<ChosenGroup> Groups { get; init; } = [];

    /// <summary>The slug of the team that gets a connection with the bot's token; null for none.</summary>
    public string? ConnectTeam { get; init; }

    /// <summary>GitLab tells the portal of changes at once, for the connection of <see cref="ConnectTeam"/>.</summary>
    public bool WithHook { get; init; }

    /// <summary>Applications of earlier set-ups whose place another one has taken and that has worked: they are removed from GitLab.</summary>
    public IReadOnlyList<OldApplication> OldApplications { get; init; } = [];

    /// <summary>Where GitLab and people reach the portal.</summary>
    public string PortalAddress => RedirectUri[..^SetOut.CallbackPath.Length];

    public string BotTokenName => $"GitLabPortal {Mark}";

    public string Note => $"Made by GitLabPortal, set-up {Mark}";

    public bool HasAnything => Steps().Count > 0;

    public string ToJson() => JsonSerializer.Serialize(this, SetUpPlanJson.Default.SetUpPlan);

    public static SetUpPlan FromJson(string json) => JsonSerializer.Deserialize(json, SetUpPlanJson.Default.SetUpPlan)!;

    /// <summary>The steps in order; each is done, looked for after a crash, and undone by its name.</summary>
    public IReadOnlyList<string> Steps()
    {
        List<string> steps = [];
        if (WithApplication) steps.Add(SetUpSteps.Application);
        if (WithBot)
        {
            steps.Add(SetUpSteps.Bot);
            steps.AddRange(Groups.Select(SetUpSteps.Member));
            steps.Add(SetUpSteps.BotToken);
            if (ConnectTeam is not null) steps.Add(SetUpSteps.Connection);
        }

        if (WithHook && ConnectTeam is not null) steps.Add(SetUpSteps.Hook);
        steps.AddRange(OldApplications.Select(SetUpSteps.Remove));
        return steps;
    }
}

/// <summary>An application that is not needed any more.</summary>
/// <param name="Id">The portal's own.</param>
/// <param name="ClientId">By which it is found on GitLab.</param>
/// <param name="RedirectUri">Where it led back to.</param>
public sealed record OldApplication(Guid Id, string ClientId, string RedirectUri);

/// <summary>The names of the steps.</summary>
public static class SetUpSteps
{
    public const string Application = "application";
    public const string Bot = "bot";
    public const string BotToken = "bot-token";
    public const string Connection = "connection";

    public const string Hook = "hook";

    private const string MemberPrefix = "member:";
    private const string RemovePrefix = "remove-application:";

    public static string Member(ChosenGroup group) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{MemberPrefix}{group.GitLabId}");

    public static string Remove(OldApplication application) => $"{RemovePrefix}{application.Id:N}";

    /// <summary>Takes away what was there; it cannot be undone.</summary>
    public static bool IsRemoval(string step) => step.StartsWith(RemovePrefix, StringComparison.Ordinal);

    /// <summary>The group's id; null for other steps.</summary>
    public static long? GroupOf(string step) =>
        step.StartsWith(MemberPrefix, StringComparison.Ordinal) && long.TryParse(step.AsSpan(MemberPrefix.Length), out var id) ? id : null;
}

[JsonSerializable(typeof(SetUpPlan))]
internal sealed partial class SetUpPlanJson : JsonSerializerContext;
