using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;

namespace GitLabPortal.Accounts;

/// <summary>
/// Stands in the layout, unseen: when the session of an open page ends, the page is loaded again, which leads to the sign-in page, or
/// back to the same page for a browser that has a newer session.
/// </summary>
public sealed class SessionGuard : ComponentBase, IDisposable
{
    private bool isGone;

    [Inject] private AuthenticationStateProvider Authentication { get; set; } = null!;

    [Inject] private NavigationManager Location { get; set; } = null!;

    public void Dispose()
    {
        isGone = true;
        Authentication.AuthenticationStateChanged -= OnChanged;
    }

    protected override void OnInitialized() => Authentication.AuthenticationStateChanged += OnChanged;

    private void OnChanged(Task<AuthenticationState> state) => _ = InvokeAsync(async () =>
    {
        if (isGone || (await state).User.Identity is { IsAuthenticated: true }) return;
        Location.Refresh(forceReload: true);
    });
}
