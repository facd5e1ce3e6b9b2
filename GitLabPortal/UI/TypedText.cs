namespace GitLabPortal.UI;

/// <summary>
/// What stands in a search field whose text goes into the page's address and comes back from there. On a slow line several texts are on
/// their way while more is typed: the field must not take letters away when an older one of its own comes back.
/// </summary>
public sealed class TypedText
{
    /// <summary>Asked for and not come back yet, the oldest first.</summary>
    private readonly List<string> onTheirWay = [];
    private string shown = "";

    public string Value { get; set; } = "";

    /// <summary>Whether there is anything to ask for: false when this very text is shown or about to be.</summary>
    public bool Sends(string text)
    {
        if (text == (onTheirWay.Count > 0 ? onTheirWay[^1] : shown)) return false;
        onTheirWay.Add(text);
        return true;
    }

    /// <summary>The page shows this text now: its own from before, or after "back", "clear" or a link another one, which the field follows.</summary>
    /// <param name="text">As the page shows it.</param>
    /// <param name="asShown">How the page shows what stands in the field, e.g. without the spaces around it.</param>
    public void Follow(string text, Func<string, string> asShown)
    {
        if (text == shown) return;
        shown = text;
        var own = onTheirWay.IndexOf(text);
        onTheirWay.RemoveRange(0, own < 0 ? onTheirWay.Count : own + 1);
        if (own < 0 && asShown(Value) != text) Value = text;
    }
}
