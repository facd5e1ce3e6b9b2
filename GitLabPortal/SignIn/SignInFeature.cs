using GitLabPortal.Kernel;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Mvc;

namespace GitLabPortal.SignIn;

public static class SignInFeature
{
    /// <summary>First run, sign-in with a password or with one's own GitLab, invitations for new people.</summary>
    public static IServiceCollection AddSignIn(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<SignInOptions>(configuration, SignInOptions.Section, o => o.Problems());
        services.AddSettings<SetUpOptions>(configuration, SetUpOptions.Section, o => o.Problems());
        services.AddSingleton<SetUpCode>();
        services.AddSingleton<FailedTries>();
        services.AddScoped<SetUpPortal>();
        services.AddScoped<BrowserSession>();
        services.AddSingleton<SignInTrips>();
        services.AddSingleton<RecognisedServers>();
        services.AddSingleton<SetOut>();
        services.AddScoped<EnterPortal>();
        services.AddSingleton<LinkIdentity>();
        services.AddScoped<ComeBack>();
        services.AddSingleton<SignInWatch>();
        services.AddSingleton<CheckAdminToken>();
        services.AddSingleton<DraftPlan>();
        services.AddSingleton<SetUpJournal>();
        services.AddSingleton<SetUpStepRunner>();
        services.AddSingleton<ApplySetUp>();
        services.AddSingleton<UndoSetUp>();
        services.AddSingleton<ConnectWithToken>();
        services.AddSingleton<UseBotToken>();
        services.AddSingleton<EnterByHand>();
        services.AddSingleton<CheckDrift>();
        services.AddSingleton<ServerQueries>();
        services.AddSingleton<ServerAccess>();
        services.AddSingleton<CreateSetUpLink>();
        services.AddSingleton<ChangeEntry>();
        services.AddSingleton<ChangeServerNetwork>();
        services.AddSingleton<RemoveServer>();
        services.AddSingleton<GuestLimit>();
        services.AddHostedService(provider => provider.GetRequiredService<SignInWatch>());
        services.AddHostedService(provider => ActivatorUtilities.CreateInstance<SetUpAnnouncement>(provider, Console.Out));
        return services;
    }

    public static IEndpointRouteBuilder MapSignIn(this IEndpointRouteBuilder routes)
    {
        // For everybody: signing out twice, or after the session has ended, is no reason for an error.
        routes.MapPost("/sign-out", SignOutAsync).AllowAnonymous();
        return routes;
    }

    private static async Task<IResult> SignOutAsync(HttpContext context, IAntiforgery antiforgery, BrowserSession session, [FromQuery] string? returnUrl)
    {
        if (!await antiforgery.IsRequestValidAsync(context)) return Results.Text(StaleForms.Message, statusCode: StatusCodes.Status400BadRequest);

        await session.EndAsync(context);
        return Results.LocalRedirect(returnUrl is null ? "/sign-in" : ReturnUrl.Local(returnUrl));
    }
}
