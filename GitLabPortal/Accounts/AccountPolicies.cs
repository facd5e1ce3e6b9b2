using GitLabPortal.Data;
using Microsoft.AspNetCore.Authorization;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Accounts;

/// <summary>Names for <c>[Authorize(Policy = …)]</c>. A page without any attribute is for whoever is signed in.</summary>
public static class AccountPolicies
{
    public const string PortalAdministrator = nameof(PortalAdministrator);
}

internal sealed class PortalAdministratorRequirement : IAuthorizationRequirement;

/// <summary>Asks the database each time: the right may have been withdrawn since the person signed in.</summary>
internal sealed class PortalAdministratorHandler(IDbContextFactory<PortalDb> contexts) : AuthorizationHandler<PortalAdministratorRequirement>
{
    protected override async Task HandleRequirementAsync(AuthorizationHandlerContext context, PortalAdministratorRequirement requirement)
    {
        if (context.User.GetAccountId() is not { } id) return;

        await using var db = await contexts.CreateDbContextAsync();
        if (await db.Set<Account>().AnyAsync(a => a.Id == id && a.IsPortalAdministrator)) context.Succeed(requirement);
    }
}
