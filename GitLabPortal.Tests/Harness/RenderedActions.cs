using System.Runtime.CompilerServices;
using Bunit;
using Bunit.Extensions.WaitForHelpers;
using Microsoft.AspNetCore.Components;

namespace GitLabPortal.Tests.Harness;

internal static class RenderedActions
{
    /// <summary>A wait passes as soon as it is so; only a test that fails waits this long.</summary>
    [ModuleInitializer]
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Usage", "CA2255", Justification = "One limit for all test classes, whichever comes first.")]
    internal static void WaitLong() => BunitContext.DefaultWaitTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Finds and acts in one go: what is drawn between the two would take the handler away.</summary>
    public static void Act<T>(this IRenderedComponent<T> page, Action act) where T : IComponent => page.InvokeAsync(act).GetAwaiter().GetResult();

    /// <summary>As <see cref="Act{T}(IRenderedComponent{T}, Action)"/>; ends when the handler has.</summary>
    public static Task ActAsync<T>(this IRenderedComponent<T> page, Func<Task> act) where T : IComponent => page.InvokeAsync(act);

    /// <summary>
    /// Lets time pass, a step at a time, until it is so. A component sets its timer some time after what it heard; time that passed
    /// before that does not count for it.
    /// </summary>
    public static void PassTimeUntil<T>(this IRenderedComponent<T> page, ManualClock clock, TimeSpan step, Action isSo) where T : IComponent
    {
        for (var left = 20; ; left--)
        {
            clock.Advance(step);
            try
            {
                page.WaitForAssertion(isSo, TimeSpan.FromSeconds(2));
                return;
            }
            catch (WaitForFailedException) when (left > 0)
            {
                // Its timer was not set yet.
            }
        }
    }
}
