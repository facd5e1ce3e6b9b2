using System.Security.Claims;
using GitLabPortal.Accounts;
using GitLabPortal.Tests.Harness;
using Microsoft.AspNetCore.Authorization;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Accounts;

public sealed class PortalAdministratorTests : IAsyncLifetime
{
    private TestDb db = null!;

    public async ValueTask InitializeAsync() => db = await TestDb.CreateAsync();

    public ValueTask DisposeAsync() => db.DisposeAsync();

    [Fact]
    public async Task Is_whom_the_database_says_at_this_moment()
    {
        var administrator = await db.AddAccountAsync("Ada", isPortalAdministrator: true);
        (await IsAllowedAsync(administrator.Id)).ShouldBeTrue();

        await using (var context = db.CreateDbContext())
        {
            await context.Set<Account>().ExecuteUpdateAsync(s => s.SetProperty(a => a.IsPortalAdministrator, false));
        }

        (await IsAllowedAsync(administrator.Id)).ShouldBeFalse();
    }

    [Fact]
    public async Task Is_not_whoever_says_so_in_a_claim()
    {
        var somebody = await db.AddAccountAsync("Eve");

        (await IsAllowedAsync(somebody.Id, new Claim(AccountClaims.PortalAdministrator, "true"))).ShouldBeFalse();
        (await IsAllowedAsync(Guid.NewGuid())).ShouldBeFalse();
    }

    private async Task<bool> IsAllowedAsync(Guid accountId, params Claim[] more)
    {
        var requirement = new PortalAdministratorRequirement();
        var person = new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.NameIdentifier, accountId.ToString()), .. more], "test"));
        var context = new AuthorizationHandlerContext([requirement], person, null);
        await new PortalAdministratorHandler(db).HandleAsync(context);
        return context.HasSucceeded;
    }
}
