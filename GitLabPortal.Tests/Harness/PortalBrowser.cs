using System.Net;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;
using Shouldly;

namespace GitLabPortal.Tests.Harness;

/// <summary>What the portal answered: redirects are not followed.</summary>
public sealed record PortalAnswer(HttpStatusCode Status, string? Location, IHtmlDocument Page, HttpResponseMessage Response)
{
    public string Heading => Page.QuerySelector("h1")?.TextContent.Trim() ?? "";

    public string Text => string.Join(' ', (Page.Body?.TextContent ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    /// <summary>The sentence beside the input with this label; null when nothing is wrong with it.</summary>
    public string? ErrorAt(string label) =>
        Input(label).GetAttribute("aria-invalid") == "true"
            ? Page.GetElementById(Input(label).GetAttribute("aria-describedby")!.Split(' ')[0])!.TextContent.Trim()
            : null;

    public IHtmlInputElement Input(string label)
    {
        var owner = Page.QuerySelectorAll<IHtmlLabelElement>("label").Single(l => l.TextContent.Trim() == label);
        return (IHtmlInputElement)Page.GetElementById(owner.HtmlFor!)!;
    }
}

/// <summary>A person's browser as far as plain pages go: keeps cookies, fills forms by their labels, presses buttons by their text.</summary>
public sealed class PortalBrowser : IDisposable
{
    private readonly HttpClient client;

    public PortalBrowser(Uri address)
    {
        Cookies = new CookieContainer();
        client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = Cookies }) { BaseAddress = address };
    }

    public CookieContainer Cookies { get; }

    /// <summary>What the browser says of itself.</summary>
    public string UserAgent { set => client.DefaultRequestHeaders.UserAgent.ParseAdd(value); }

    public string? SessionCookie => Cookies.GetCookies(client.BaseAddress!)["gitlabportal"]?.Value;

    public async Task<PortalAnswer> OpenAsync(string path) => await ReadAsync(await client.GetAsync(path));

    /// <summary>The page's source.</summary>
    public Task<string> GetTextAsync(string path) => client.GetStringAsync(path);

    /// <summary>Sends fields as they are, as a forger would.</summary>
    public async Task<PortalAnswer> PostAsync(string path, params (string Name, string Value)[] fields) =>
        await ReadAsync(await client.PostAsync(path, Form(fields)));

    /// <summary>Opens the page, fills the fields by their labels and presses the button.</summary>
    public async Task<PortalAnswer> SubmitAsync(string path, string button, params (string Label, string Value)[] fields) =>
        await SubmitAsync(await OpenAsync(path), path, button, fields);

    /// <summary>Fills a page that is already open.</summary>
    public async Task<PortalAnswer> SubmitAsync(PortalAnswer page, string path, string button, params (string Label, string Value)[] fields)
    {
        var pressed = page.Page.QuerySelectorAll<IHtmlButtonElement>("button").SingleOrDefault(b => b.TextContent.Trim() == button);
        var form = pressed.ShouldNotBeNull($"No button '{button}' on {path}: {page.Text}").Closest("form").ShouldNotBeNull();
        var values = form.QuerySelectorAll<IHtmlInputElement>("input")
            .Where(i => i.Name is not null && (i.Type is not "checkbox" || i.IsChecked))
            .ToDictionary(i => i.Name!, i => i.Value, StringComparer.Ordinal);
        foreach (var (label, value) in fields) values[page.Input(label).Name!] = value;
        if (pressed is { Name: { Length: > 0 } name }) values[name] = pressed.Value;
        var action = form.GetAttribute("action") ?? path;
        return await PostAsync(action.StartsWith('/') ? action : $"/{action}", [.. values.Select(v => (v.Key, v.Value))]);
    }

    public async Task<PortalAnswer> SetUpAsync(
        string email = PortalApp.AdminEmail, string team = "Rocket", string name = "Ada", string password = PortalApp.Password) =>
        await SubmitAsync(
            $"/setup?code={PortalApp.SetUpCode}", "Create account", ("Name", name), ("Email", email), ("Password", password), ("Team name", team));

    public async Task<PortalAnswer> SignInAsync(
        string email = PortalApp.AdminEmail, string password = PortalApp.Password, string path = "/sign-in") =>
        await SubmitAsync(path, "Sign in", ("Email", email), ("Password", password));

    public void Dispose() => client.Dispose();

    private static FormUrlEncodedContent Form((string Name, string Value)[] fields) => new(fields.Select(f => KeyValuePair.Create(f.Name, f.Value)));

    private static async Task<PortalAnswer> ReadAsync(HttpResponseMessage response)
    {
        var page = await new HtmlParser().ParseDocumentAsync(await response.Content.ReadAsStringAsync());
        var location = response.Headers.Location is { } url ? url.IsAbsoluteUri ? url.PathAndQuery + url.Fragment : url.OriginalString : null;
        return new PortalAnswer(response.StatusCode, location, page, response);
    }
}
