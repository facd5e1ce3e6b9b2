namespace GitLabPortal.UI;

public enum ButtonLook { Primary, Secondary, Quiet, Danger }

public enum CalloutKind { Neutral, Info, Success, Warning, Danger }

/// <summary>A choice in a <see cref="SelectField"/>.</summary>
public sealed record SelectOption(string Value, string Text);

internal static class Looks
{
    public static string CssClass(this ButtonLook look) => look switch
    {
        ButtonLook.Primary => "btn-primary",
        ButtonLook.Danger => "btn-danger",
        ButtonLook.Quiet => "btn-quiet",
        _ => "btn-secondary",
    };

    public static string CssClass(this CalloutKind kind) => kind switch
    {
        CalloutKind.Success => "is-success",
        CalloutKind.Warning => "is-warning",
        CalloutKind.Danger => "is-danger",
        CalloutKind.Info => "is-info",
        _ => "is-neutral",
    };

    public static string Icon(this CalloutKind kind) => kind switch
    {
        CalloutKind.Success => "check-circle",
        CalloutKind.Warning => "alert",
        CalloutKind.Danger => "x-circle",
        _ => "info",
    };
}
