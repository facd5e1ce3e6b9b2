using Microsoft.AspNetCore.Antiforgery;

namespace GitLabPortal.SignIn;

internal static class StaleForms
{
    public const string Message =
        "This form is out of date: you signed in or out in another tab meanwhile, or it does not come from this portal. Nothing was changed. Go back, reload the page and try again.";

    /// <summary>Says why a form was refused; without it the browser shows an empty page. Stands right after the antiforgery check.</summary>
    public static IApplicationBuilder UseStaleFormNotice(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        var isForged = context.Features.Get<IAntiforgeryValidationFeature>() is { IsValid: false };
        if (!isForged) await next(context);
        // A page that does not have the form any more is answered with nothing but the number.
        var isUnknown = HttpMethods.IsPost(context.Request.Method) && context.Response is { HasStarted: false, StatusCode: StatusCodes.Status400BadRequest };
        if (isForged || isUnknown) await Results.Text(Message, statusCode: StatusCodes.Status400BadRequest).ExecuteAsync(context);
    });
}
