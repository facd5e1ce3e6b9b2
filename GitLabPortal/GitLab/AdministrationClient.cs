using System.Globalization;
using System.Text.Json.Nodes;

namespace GitLabPortal.GitLab;

/// <param name="Id">For the API.</param>
/// <param name="ClientId">For OAuth.</param>
/// <param name="Secret">Only in the answer that made it.</param>
public sealed record GitLabApplication(long Id, string ClientId, string Name, IReadOnlyList<string> RedirectUris, bool IsConfidential, string? Secret)
{
    public override string ToString() => $"{nameof(GitLabApplication)} {{ Id = {Id}, Name = {Name} }}";
}

/// <param name="Secret">Only in the answer that made it.</param>
public sealed record GitLabIssuedToken(long Id, string Name, bool IsActive, IReadOnlyList<string> Scopes, DateOnly? ExpiresOn, string? Secret)
{
    public override string ToString() => $"{nameof(GitLabIssuedToken)} {{ Id = {Id}, Name = {Name} }}";
}

public sealed record GitLabAccount(long Id, string Username, string? Name, string? State);

/// <summary>
/// Administrators' calls (FACTS 3). With Admin Mode on, the token needs the scope <c>admin_mode</c>. Nothing that creates is sent twice:
/// after a lost answer, look for what was made.
/// </summary>
public sealed class AdministrationClient
{
    private readonly GitLabTransport transport;

    internal AdministrationClient(GitLabTransport transport) => this.transport = transport;

    /// <summary>All OAuth applications of the instance; GitLab does not page them.</summary>
    public async Task<IReadOnlyList<GitLabApplication>> ListApplicationsAsync(CancellationToken cancellation) =>
        [.. (await transport.GetAsync("applications", OAuthJson.Default.CreatedApplicationBodyArray, cancellation)).Value.Select(b => b.ToApplication())];

    /// <param name="name">Shown to people who are asked for their consent.</param>
    /// <param name="redirectUris">Each must match exactly later; they can never be changed.</param>
    /// <param name="scopes">The most that may be asked for.</param>
    /// <param name="cancellation">Ends the request.</param>
    public async Task<GitLabApplication> CreateApplicationAsync(
        string name, IReadOnlyList<string> redirectUris, IReadOnlyList<string> scopes, CancellationToken cancellation)
    {
        var body = new JsonObject
        {
            ["name"] = name,
            ["redirect_uri"] = string.Join('\n', redirectUris),
            ["scopes"] = string.Join(' ', scopes),
            ["confidential"] = true,
        };
        return (await transport.PostAsync("applications", body, OAuthJson.Default.CreatedApplicationBody, cancellation)).ToApplication();
    }

    /// <summary>Takes every sign-in made through it along.</summary>
    public Task DeleteApplicationAsync(long id, CancellationToken cancellation) => transport.DeleteAsync(Path($"applications/{id}"), cancellation);

    public async Task<GitLabAccount?> FindUserAsync(string username, CancellationToken cancellation)
    {
        var found = (await transport.GetAsync($"users?username={Uri.EscapeDataString(username)}", OAuthJson.Default.AdminUserBodyArray, cancellation)).Value;
        return found.Select(u => u.ToAccount()).FirstOrDefault(u => string.Equals(u.Username, username, StringComparison.OrdinalIgnoreCase));
    }

    public async Task<GitLabAccount?> FindUserAsync(long id, CancellationToken cancellation)
    {
        try
        {
            return (await transport.GetAsync(Path($"users/{id}"), OAuthJson.Default.AdminUserBody, cancellation)).Value.ToAccount();
        }
        catch (GitLabNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Administrators find people by their whole address, public or not.</summary>
    public async Task<bool> HasUserWithEmailAsync(string email, CancellationToken cancellation) =>
        (await transport.GetAsync($"users?search={Uri.EscapeDataString(email)}", OAuthJson.Default.AdminUserBodyArray, cancellation)).Value.Length > 0;

    /// <summary>An ordinary account that nobody can sign in to: its password is random and nobody is told.</summary>
    public async Task<GitLabAccount> CreateUserAsync(string username, string name, string email, string note, CancellationToken cancellation)
    {
        var body = new JsonObject
        {
            ["username"] = username,
            ["name"] = name,
            ["email"] = email,
            ["note"] = note,
            ["force_random_password"] = true,
            ["skip_confirmation"] = true,
        };
        return (await transport.PostAsync("users", body, OAuthJson.Default.AdminUserBody, cancellation)).ToAccount();
    }

    /// <summary>Whether this version and licence have accounts for programs.</summary>
    public async Task<bool> OffersServiceAccountsAsync(CancellationToken cancellation)
    {
        try
        {
            await transport.GetAsync("service_accounts?per_page=1", OAuthJson.Default.AdminUserBodyArray, cancellation);
            return true;
        }
        catch (GitLabException e) when (e is GitLabNotFoundException or GitLabForbiddenException or GitLabRejectedException)
        {
            return false;
        }
    }

    /// <summary>An account for programs; not every licence and version has them: then <see cref="GitLabNotFoundException"/> or <see cref="GitLabForbiddenException"/>.</summary>
    public async Task<GitLabAccount> CreateServiceAccountAsync(string username, string name, CancellationToken cancellation)
    {
        var body = new JsonObject { ["username"] = username, ["name"] = name };
        return (await transport.PostAsync("service_accounts", body, OAuthJson.Default.AdminUserBody, cancellation)).ToAccount();
    }

    public Task DeleteUserAsync(long id, CancellationToken cancellation) => transport.DeleteAsync(Path($"users/{id}"), cancellation);

    public async Task<GitLabIssuedToken> CreateTokenAsync(
        long userId, string name, IReadOnlyList<string> scopes, DateOnly? expiresOn, CancellationToken cancellation)
    {
        var body = new JsonObject { ["name"] = name, ["scopes"] = new JsonArray([.. scopes.Select(s => JsonValue.Create(s))]) };
        if (expiresOn is { } day) body["expires_at"] = day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return (await transport.PostAsync(Path($"users/{userId}/personal_access_tokens"), body, OAuthJson.Default.CreatedTokenBody, cancellation)).ToToken();
    }

    /// <summary>The newest hundred of a user's tokens, dead ones too.</summary>
    public async Task<IReadOnlyList<GitLabIssuedToken>> ListTokensAsync(long userId, CancellationToken cancellation) =>
        [.. (await transport.GetAsync(Path($"personal_access_tokens?user_id={userId}&per_page=100"), OAuthJson.Default.CreatedTokenBodyArray, cancellation)).Value.Select(b => b.ToToken())];

    public Task RevokeTokenAsync(long id, CancellationToken cancellation) => transport.DeleteAsync(Path($"personal_access_tokens/{id}"), cancellation);

    /// <summary>Throws <see cref="GitLabRejectedException"/> with <see cref="RejectedReason.Taken"/> for somebody who is a member already.</summary>
    public async Task AddMemberAsync(long groupId, long userId, int accessLevel, CancellationToken cancellation)
    {
        var body = new JsonObject { ["user_id"] = userId, ["access_level"] = accessLevel };
        await transport.PostAsync(Path($"groups/{groupId}/members"), body, OAuthJson.Default.AdminUserBody, cancellation);
    }

    public Task RemoveMemberAsync(long groupId, long userId, CancellationToken cancellation) =>
        transport.DeleteAsync(Path($"groups/{groupId}/members/{userId}"), cancellation);

    private static string Path(FormattableString path) => path.ToString(CultureInfo.InvariantCulture);
}

internal sealed class CreatedApplicationBody
{
    public long? Id { get; set; }
    public string? ApplicationId { get; set; }
    public string? ApplicationName { get; set; }
    public string? CallbackUrl { get; set; }
    public bool? Confidential { get; set; }
    public string? Secret { get; set; }

    public GitLabApplication ToApplication() => new(
        Required.Id(Id), ApplicationId ?? "", ApplicationName ?? "",
        CallbackUrl?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) ?? [], Confidential ?? true, Secret);
}

internal sealed class CreatedTokenBody
{
    public long? Id { get; set; }
    public string? Name { get; set; }
    public bool? Active { get; set; }
    public bool? Revoked { get; set; }
    public string[]? Scopes { get; set; }
    public DateOnly? ExpiresAt { get; set; }
    public string? Token { get; set; }

    public GitLabIssuedToken ToToken() => new(Required.Id(Id), Name ?? "", (Active ?? true) && Revoked is not true, Scopes ?? [], ExpiresAt, Token);
}

internal sealed class AdminUserBody
{
    public long? Id { get; set; }
    public string? Username { get; set; }
    public string? Name { get; set; }
    public string? State { get; set; }

    public GitLabAccount ToAccount() => new(Required.Id(Id), Username ?? "", Name, State);
}
