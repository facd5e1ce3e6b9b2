using Microsoft.AspNetCore.Antiforgery;

namespace GitLabPortal.SignIn;

internal static class StaleForms
{
    public const string Message =
        "This form is out of date: you signed in or out in another tab meanwhile, or it does not come from this portal. Nothing was changed. Go back, reload the page and try again.";

    /// <summary>Says why a form was refused; without it the browser shows an empty page. Stands right after the antiforgery check.</summary>
    public static IApplicationBuilder UseStaleFormNotice(this IApplicationBuilder app) => app.Use((context, next) =>
        context.Features.Get<IAntiforgeryValidationFeature>() is { IsValid: false }
            ? Results.Text(Message, statusCode: StatusCodes.Status400BadRequest).ExecuteAsync(context)
            : next(context));
}
