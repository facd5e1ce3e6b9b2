using Bunit;
using GitLabPortal.Connections;
using GitLabPortal.Kernel;
using GitLabPortal.Repositories;
using GitLabPortal.Security;
using GitLabPortal.Teams;
using GitLabPortal.UI;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Radzen;

namespace GitLabPortal.Tests.Repositories.Hooks;

/// <summary>The card's part, rendered beside the services of the portal that runs.</summary>
internal sealed class HookCard : BunitContext
{
    private readonly HookStage stage;
    private readonly Address address;
    private bool answer;
    private bool isListening;
    private List<string> asked = [];

    public HookCard(HookStage stage)
    {
        this.stage = stage;
        address = new Address($"{stage.Address}/");
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddUI();
        Services.AddSingleton<NavigationManager>(_ => address);
        Services.AddSingleton(TimeProvider.System);
        Services.AddSingleton(stage.Get<IOptions<PortalOptions>>());
        Services.AddSingleton(stage.Get<HookQueries>());
        Services.AddSingleton(stage.Get<HookFeed>());
        Services.AddSingleton(stage.Get<ConnectionFeed>());
        Services.AddSingleton(stage.Get<TurnOnHook>());
        Services.AddSingleton(stage.Get<TurnOffHook>());
        Services.AddSingleton(stage.Get<RepairHook>());
        Services.AddSingleton(stage.Get<CheckHook>());
        SetRendererInfo(new RendererInfo("Server", isInteractive: true));
    }

    public Result<TeamAccess>? Access { get; set; }

    /// <summary>As the browser knows it.</summary>
    public string PortalAddress { set => address.MoveTo(value); }

    public List<string> Toasts { get; } = [];

    public IEnumerable<string> FocusedAt => JSInterop.Invocations.Where(i => i.Identifier.StartsWith("portal.focus", StringComparison.Ordinal)).Select(i => $"{i.Identifier} {i.Arguments[0]}");

    public IRenderedComponent<HookFacts> Open(Connection connection, bool canManage = true, bool isShown = true)
    {
        if (!isListening) Listen();
        var page = Render<HookFacts>(parameters => parameters
            .Add(p => p.ConnectionId, connection.Id)
            .Add(p => p.CanManage, canManage)
            .Add(p => p.Authorize, () => Task.FromResult(Access ?? stage.Team)));
        if (isShown) page.WaitForElement("dd");
        return page;
    }

    /// <summary>Answers the questions that come; says what was asked.</summary>
    public List<string> Answer(bool yes)
    {
        answer = yes;
        return asked = [];
    }

    private void Listen()
    {
        isListening = true;
        Services.GetRequiredService<Toasts>().Shown += toast => Toasts.Add(toast.Text);
        var dialogs = Services.GetRequiredService<DialogService>();
        dialogs.OnOpen += (title, _, _, _) =>
        {
            // The test may think of another answer as soon as it sees the question.
            var given = answer;
            asked.Add(title ?? "");
            dialogs.Close(given);
        };
    }

    private sealed class Address : NavigationManager
    {
        public Address(string address) => Initialize(address, address);

        public void MoveTo(string address) => (BaseUri, Uri) = (address, address);

        protected override void NavigateToCore(string uri, NavigationOptions options) => Uri = ToAbsoluteUri(uri).ToString();
    }
}
