using GitLabPortal.Data;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace GitLabPortal.Accounts;

public static class AccountsFeature
{
    /// <summary>From the last visit.</summary>
    internal static readonly TimeSpan SessionLength = TimeSpan.FromDays(14);

    /// <summary>Accounts, the session cookie and who may open a page that says nothing else: whoever is signed in.</summary>
    public static IServiceCollection AddAccounts(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddIdentityCore<Account>(options =>
            {
                options.User.RequireUniqueEmail = true;
                options.Password.RequiredLength = AccountRules.MinPasswordLength;
                options.Password.RequiredUniqueChars = 1;
                options.Password.RequireDigit = false;
                options.Password.RequireLowercase = false;
                options.Password.RequireUppercase = false;
                options.Password.RequireNonAlphanumeric = false;
                options.Lockout.MaxFailedAccessAttempts = PasswordCheck.MaxFailures;
                options.Lockout.DefaultLockoutTimeSpan = PasswordCheck.LockDuration;
            })
            .AddEntityFrameworkStores<PortalDb>()
            .AddSignInManager();

        AddSessions(services);
        services.AddAuthorizationBuilder()
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build())
            .AddPolicy(AccountPolicies.PortalAdministrator, policy => policy
                .RequireAuthenticatedUser()
                .AddRequirements(new PortalAdministratorRequirement()));
        services.AddSingleton<IAuthorizationHandler, PortalAdministratorHandler>();

        services.AddSingleton<AccountQueries>();
        services.AddSingleton<UnknownAddresses>();
        services.AddScoped<AccountRegistrar>();
        services.AddScoped<PasswordCheck>();
        services.AddScoped<ChangePassword>();
        services.AddScoped<RenameAccount>();
        services.AddScoped<StartSession>();
        services.AddScoped<EndSession>();
        services.AddScoped<EndSessions>();
        return services;
    }

    private static void AddSessions(IServiceCollection services)
    {
        services.AddSingleton<SessionFeed>();
        services.AddSingleton<SessionValidation>();
        // The last one wins over what Blazor registers, whichever is added first.
        services.RemoveAll<AuthenticationStateProvider>();
        services.AddScoped<AuthenticationStateProvider, CircuitSession>();
        services.AddAuthentication(IdentityConstants.ApplicationScheme).AddCookie(IdentityConstants.ApplicationScheme, options =>
        {
            options.Cookie.Name = "gitlabportal";
            options.Cookie.HttpOnly = true;
            options.Cookie.SameSite = SameSiteMode.Lax;
            options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            options.ExpireTimeSpan = SessionLength;
            options.SlidingExpiration = true;
            options.LoginPath = "/sign-in";
            options.ReturnUrlParameter = "returnUrl";
            options.Events.OnValidatePrincipal = SessionValidation.ValidateCookieAsync;
            // No page of its own: the error page for 403 says what to do.
            options.Events.OnRedirectToAccessDenied = context =>
            {
                context.Response.StatusCode = StatusCodes.Status403Forbidden;
                return Task.CompletedTask;
            };
        });
    }
}
