using Microsoft.AspNetCore.Components;
using Radzen;

namespace GitLabPortal.UI;

/// <summary>Questions before something that cannot simply be undone.</summary>
public sealed class Dialogs(DialogService dialogs)
{
    /// <summary>Asks; true when the person chose <paramref name="action"/>, which names what will happen.</summary>
    public async Task<bool> ConfirmAsync(string title, string text, string action, bool danger = false, string? typedConfirmation = null)
    {
        var answer = await dialogs.OpenAsync<ConfirmDialog>(
            title,
            new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                [nameof(ConfirmDialog.Text)] = text,
                [nameof(ConfirmDialog.Action)] = action,
                [nameof(ConfirmDialog.Danger)] = danger,
                [nameof(ConfirmDialog.TypedConfirmation)] = typedConfirmation,
            },
            new DialogOptions { Width = "min(460px, calc(100vw - 32px))", CloseDialogOnEsc = true, AutoFocusFirstElement = true });
        return answer is true;
    }

    /// <summary>Asks for one line of text; null when the person thought better of it.</summary>
    public async Task<string?> AskAsync(string title, string label, string value, string action, int maxLength)
    {
        var answer = await dialogs.OpenAsync<AskDialog>(
            title,
            new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                [nameof(AskDialog.Label)] = label,
                [nameof(AskDialog.Value)] = value,
                [nameof(AskDialog.Action)] = action,
                [nameof(AskDialog.MaxLength)] = maxLength,
            },
            new DialogOptions { Width = "min(460px, calc(100vw - 32px))", CloseDialogOnEsc = true, AutoFocusFirstElement = true });
        return answer as string;
    }
}
