using System.Text.Json;
using GitLabPortal.Kernel;

namespace GitLabPortal.Connections;

/// <summary>What a connection keeps of its token, and how people are told about it.</summary>
public static class ConnectionTokens
{
    /// <summary>The purpose that ties a cipher text to its connection.</summary>
    public static string Row(Guid connectionId) => $"connection:{connectionId:N}";

    /// <summary>E.g. <c>a personal access token of @portal-bot</c>.</summary>
    public static string Describe(Connection connection)
    {
        var kind = KindWord(connection.TokenKind);
        return connection.TokenUsername is { } user ? $"a {kind} of @{user}" : $"a {kind}";
    }

    public static string KindWord(TokenKind kind) => kind switch
    {
        TokenKind.Project => "project access token",
        TokenKind.Group => "group access token",
        TokenKind.ServiceAccount => "service account's token",
        TokenKind.Personal => "personal access token",
        _ => "access token",
    };

    /// <summary>Takes over what a check found out.</summary>
    internal static void Apply(this Connection connection, TokenPassport passport, IReadOnlyList<Finding> findings)
    {
        connection.TokenKind = passport.Kind;
        connection.TokenId = passport.TokenId;
        connection.TokenName = Cut(passport.TokenName, 300);
        connection.TokenScopes = Cut(string.Join(' ', passport.Scopes), 1000) ?? "";
        connection.TokenExpiresOn = passport.ExpiresOn;
        connection.TokenUserId = passport.UserId;
        connection.TokenUsername = Cut(passport.Username, 300);
        connection.TokenUserIsBot = passport.IsBot;
        connection.TokenUserIsAdmin = passport.IsAdmin;
        connection.Status = ConnectionStatus.Working;
        connection.StatusText = null;
        connection.Findings = JsonSerializer.Serialize(findings);
    }

    internal static IReadOnlyList<Finding> ReadFindings(string? json)
    {
        if (json is null) return [];
        try
        {
            return JsonSerializer.Deserialize<List<Finding>>(json) ?? [];
        }
        catch (JsonException)
        {
            // Written by another version: the next check writes them anew.
            return [];
        }
    }

    private static string? Cut(string? text, int length) => text?.Length > length ? text[..length] : text;
}
