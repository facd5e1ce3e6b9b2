using System.Security.Claims;
using AngleSharp.Dom;
using Bunit;
using Bunit.TestDoubles;
using GitLabPortal.Connections;
using GitLabPortal.Connections.Wizard;
using GitLabPortal.Security;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Harness;
using GitLabPortal.UI;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Radzen;

namespace GitLabPortal.Tests.Connections;

/// <summary>The wizard and the cards, rendered for one person, beside a sandbox GitLab. What would be typed into the secret field is set here.</summary>
internal sealed class WizardStage : BunitContext
{
    private readonly BunitAuthorizationContext authorization;
    private readonly JSRuntimeInvocationHandler<string> secretField;

    public WizardStage(ConnectionStage connections, PortalOptions? portal = null, string? portalAddress = null)
    {
        JSInterop.Mode = JSRuntimeMode.Loose;
        secretField = JSInterop.Setup<string>("portal.takeSecret", _ => true);
        authorization = this.AddAuthorization();
        Services.AddUI();
        connections.ShareWith(Services);
        Services.AddSingleton(Options.Create(portal ?? new PortalOptions()));
        if (portalAddress is not null) Services.AddSingleton<NavigationManager>(new PortalElsewhere(portalAddress));
        SetRendererInfo(new RendererInfo("Server", isInteractive: true));
    }

    public string Address => Navigation.Uri;

    private NavigationManager Navigation => Services.GetRequiredService<NavigationManager>();

    /// <param name="person">Who opens it.</param>
    /// <param name="query">What the wizard itself would have written into the address; sealed as it does.</param>
    public IRenderedComponent<ConnectPage> OpenWizard(TeamAccess person, string query = "")
    {
        SignIn(person);
        var written = QueryHelpers.ParseQuery(query);
        if (written.TryGetValue("url", out var url) && !written.ContainsKey("seal"))
        {
            query += $"&seal={Services.GetRequiredService<WizardSeal>().Of(person.AccountId, url, written.ContainsKey("plain-http"))}";
        }

        Navigation.NavigateTo($"team/{person.Slug}/settings/connections/new{query}");
        return Render<ConnectPage>(parameters => parameters.Add(p => p.Slug, person.Slug));
    }

    public IRenderedComponent<T> OpenSection<T>(TeamAccess person) where T : TeamPage
    {
        SignIn(person);
        return Render<T>(parameters => parameters.Add(p => p.Slug, person.Slug));
    }

    /// <summary>What the browser hands over when the secret field is asked next.</summary>
    public void HaveInTheField(string token) => secretField.SetResult(token);

    /// <summary>The places that the focus was sent to after a failed submit.</summary>
    public int FocusedErrors => JSInterop.Invocations.Count(i => i.Identifier == "portal.focusError");

    /// <summary>Answers the next question with this, and notes what was asked.</summary>
    public List<(string Title, string? Text)> Answer(object answer)
    {
        var asked = new List<(string, string?)>();
        var dialogs = Services.GetRequiredService<DialogService>();
        dialogs.OnOpen += (title, _, parameters, _) =>
        {
            asked.Add((title ?? "", parameters.TryGetValue("Text", out var text) ? text as string : null));
            dialogs.Close(answer);
        };
        return asked;
    }

    private void SignIn(TeamAccess person)
    {
        authorization.SetAuthorized(person.AccountName);
        authorization.SetClaims(new Claim(ClaimTypes.NameIdentifier, person.AccountId.ToString()));
    }

    private sealed class PortalElsewhere : NavigationManager
    {
        public PortalElsewhere(string address) => Initialize(address, address);

        protected override void NavigateToCore(string uri, NavigationOptions options)
        {
            Uri = ToAbsoluteUri(uri).ToString();
            NotifyLocationChanged(isInterceptedLink: false);
        }
    }
}

internal static class WizardActions
{
    public static IElement Button(this IRenderedComponent<IComponent> page, string text) =>
        page.FindAll("button").Single(b => b.TextContent.Trim() == text);

    public static bool HasButton(this IRenderedComponent<IComponent> page, string text) =>
        page.FindAll("button").Any(b => b.TextContent.Trim() == text);

    public static IElement Field(this IRenderedComponent<IComponent> page, string label) =>
        page.Find($"#{page.FindAll("label").Single(l => l.TextContent.Trim() == label).GetAttribute("for")}");

    public static bool HasField(this IRenderedComponent<IComponent> page, string label) => page.FindAll("label").Any(l => l.TextContent.Trim() == label);

    public static string Heading(this IRenderedComponent<IComponent> page) => page.Find("#step-title").TextContent;

    /// <summary>Status and title of each finding in sight.</summary>
    public static string[] Findings(this IRenderedComponent<IComponent> page) =>
        [.. page.FindAll(".finding-title").Select(f => string.Join(' ', f.TextContent.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)))];

    /// <summary>The sentence beside the field; null when nothing is wrong with it.</summary>
    public static string? ErrorAt(this IRenderedComponent<IComponent> page, string label)
    {
        var field = page.Field(label);
        return field.GetAttribute("aria-invalid") == "true" ? page.Find($"#{field.GetAttribute("aria-describedby")!.Split(' ')[0]}").TextContent.Trim() : null;
    }

    /// <summary>Types an address and presses Continue.</summary>
    public static void EnterServer(this IRenderedComponent<ConnectPage> page, string url)
    {
        page.Act(() => page.Field("GitLab server URL").Input(url));
        page.Act(() => page.Find("form").Submit());
    }

    /// <summary>To the token step of a server that has only http.</summary>
    public static void AcceptServer(this IRenderedComponent<ConnectPage> page, string url)
    {
        page.EnterServer(url);
        page.WaitForAssertion(() => page.Field("Connect without encryption"));
        page.WaitForState(() => !page.IsBusy());
        page.Act(() => page.Field("Connect without encryption").Change(true));
        page.Act(() => page.Find("form").Submit());
        page.WaitForState(() => page.HasStep("Token"));
    }

    public static bool IsBusy(this IRenderedComponent<IComponent> page) => page.FindAll("button[aria-disabled=true]").Count > 0;

    public static bool HasStep(this IRenderedComponent<IComponent> page, string name) =>
        page.FindAll("[aria-current=step] .step-name") is [var current] && current.TextContent.Trim() == name;
}
