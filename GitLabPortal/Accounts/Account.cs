using Microsoft.AspNetCore.Identity;

namespace GitLabPortal.Accounts;

/// <summary>A person who may sign in. The e-mail address is the user name.</summary>
public sealed class Account : IdentityUser<Guid>
{
    public required string Name { get; set; }

    /// <summary>Portal administrators create teams and look after the whole portal; they are not members of every team.</summary>
    public bool IsPortalAdministrator { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }
}
