using System.Text.Json.Serialization;

namespace GitLabPortal.GitLab;

// What comes over the wire: everything may be missing. Only the fields that the product uses.

internal sealed class ProjectBody
{
    public long? Id { get; set; }
    public string? Name { get; set; }
    public string? PathWithNamespace { get; set; }
    public NamespaceBody? Namespace { get; set; }
    public string? Description { get; set; }
    public string? Visibility { get; set; }
    public string? DefaultBranch { get; set; }
    public string? WebUrl { get; set; }
    public string? HttpUrlToRepo { get; set; }
    public string? SshUrlToRepo { get; set; }
    public long? StarCount { get; set; }
    public string[]? Topics { get; set; }

    /// <summary>The name of topics before 14.0; still sent.</summary>
    public string[]? TagList { get; set; }
    public DateTimeOffset? LastActivityAt { get; set; }
    public DateTimeOffset? UpdatedAt { get; set; }
    public bool? Archived { get; set; }
    public bool? EmptyRepo { get; set; }
    public ForkBody? ForkedFromProject { get; set; }
    public DateOnly? MarkedForDeletionOn { get; set; }
    public DateOnly? MarkedForDeletionAt { get; set; }

    public GitLabProject ToProject() => new()
    {
        Id = Required.Id(Id),
        Name = Name ?? PathWithNamespace ?? "",
        PathWithNamespace = PathWithNamespace ?? "",
        Namespace = Namespace is { FullPath: { } path } ? new(Namespace.Id ?? 0, path, Namespace.Kind ?? "") : null,
        Description = string.IsNullOrWhiteSpace(Description) ? null : Description,
        Visibility = Visibility ?? "",
        DefaultBranch = string.IsNullOrEmpty(DefaultBranch) ? null : DefaultBranch,
        WebUrl = Required.WebAddress(WebUrl),
        HttpUrlToRepo = Required.WebAddress(HttpUrlToRepo),
        SshUrlToRepo = string.IsNullOrEmpty(SshUrlToRepo) ? null : SshUrlToRepo,
        StarCount = (int)Math.Clamp(StarCount ?? 0, 0, int.MaxValue),
        Topics = Topics ?? TagList ?? [],
        LastActivityAt = LastActivityAt,
        UpdatedAt = UpdatedAt,
        Archived = Archived ?? false,
        EmptyRepo = EmptyRepo ?? false,
        IsFork = ForkedFromProject is not null,
        MarkedForDeletionOn = MarkedForDeletionOn ?? MarkedForDeletionAt,
    };
}

internal sealed class NamespaceBody
{
    public long? Id { get; set; }
    public string? FullPath { get; set; }
    public string? Kind { get; set; }
}

internal sealed class ForkBody
{
    public long? Id { get; set; }
}

internal sealed class GroupBody
{
    public long? Id { get; set; }
    public string? Name { get; set; }
    public string? FullPath { get; set; }
    public string? Visibility { get; set; }
    public long? ParentId { get; set; }
    public string? WebUrl { get; set; }
    public DateOnly? MarkedForDeletionOn { get; set; }

    public GitLabGroup ToGroup() => new()
    {
        Id = Required.Id(Id),
        Name = Name ?? FullPath ?? "",
        FullPath = FullPath ?? "",
        Visibility = Visibility ?? "",
        ParentId = ParentId,
        WebUrl = Required.WebAddress(WebUrl),
        MarkedForDeletionOn = MarkedForDeletionOn,
    };
}

internal sealed class TokenBody
{
    public long? Id { get; set; }
    public string? Name { get; set; }
    public string[]? Scopes { get; set; }
    public DateOnly? ExpiresAt { get; set; }
    public long? UserId { get; set; }
    public bool? Revoked { get; set; }
    public bool? Active { get; set; }
    public bool? Granular { get; set; }
    public DateTimeOffset? CreatedAt { get; set; }

    public GitLabToken ToToken() => new()
    {
        Id = Required.Id(Id),
        Name = Name,
        Scopes = Scopes ?? [],
        ExpiresOn = ExpiresAt,
        UserId = UserId,
        Revoked = Revoked ?? false,
        Active = Active ?? true,
        IsGranular = Granular ?? false,
        CreatedAt = CreatedAt,
    };
}

internal sealed class UserBody
{
    public long? Id { get; set; }
    public string? Username { get; set; }
    public string? Name { get; set; }
    public string? State { get; set; }
    public bool? Bot { get; set; }
    public bool? IsAdmin { get; set; }
    public bool? External { get; set; }
    public string? Email { get; set; }
    public DateTimeOffset? ConfirmedAt { get; set; }
    public string? WebUrl { get; set; }

    public GitLabUser ToUser() => new()
    {
        Id = Required.Id(Id),
        Username = Username ?? "",
        Name = Name,
        State = State,
        IsBot = Bot ?? false,
        IsAdmin = IsAdmin ?? false,
        IsExternal = External ?? false,
        ConfirmedEmail = ConfirmedAt is null || string.IsNullOrEmpty(Email) ? null : Email,
        WebUrl = Required.WebAddress(WebUrl),
    };
}

internal sealed class MetadataBody
{
    public string? Version { get; set; }
    public string? Revision { get; set; }
    public bool? Enterprise { get; set; }
}

internal sealed class ApplicationBody
{
    public long? Id { get; set; }
}

internal static class Required
{
    /// <summary>Without an id nothing can be stored or paged; anything else may be missing.</summary>
    public static long Id(long? id) =>
        id is > 0 ? id.Value : throw new GitLabUnexpectedAnswerException(UnexpectedKind.WrongShape, "The answer holds an object without an id.");

    /// <summary>These become links on pages: nothing but http and https may get there.</summary>
    public static string? WebAddress(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeHttp) ? text : null;
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [
        typeof(TolerantText), typeof(TolerantNumber), typeof(TolerantBoolean), typeof(TolerantDate), typeof(TolerantTime), typeof(TolerantTexts)])]
[JsonSerializable(typeof(ProjectBody))]
[JsonSerializable(typeof(ProjectBody[]))]
[JsonSerializable(typeof(GroupBody))]
[JsonSerializable(typeof(GroupBody[]))]
[JsonSerializable(typeof(TokenBody))]
[JsonSerializable(typeof(UserBody))]
[JsonSerializable(typeof(MetadataBody))]
[JsonSerializable(typeof(ApplicationBody[]))]
[JsonSerializable(typeof(HookBody))]
[JsonSerializable(typeof(HookBody[]))]
internal sealed partial class GitLabJson : JsonSerializerContext;
