namespace GitLabPortal.UI;

/// <summary>Short words about what went well. What went wrong stands beside its cause instead.</summary>
public sealed class Toasts
{
    private int next;

    /// <summary>A toast in sight; <paramref name="Undo"/> takes the act back.</summary>
    public sealed record Toast(int Id, string Text, Func<Task>? Undo);

    public event Action<Toast>? Shown;

    public void Success(string text) => Shown?.Invoke(new Toast(++next, text, null));

    public void WithUndo(string text, Func<Task> undo) => Shown?.Invoke(new Toast(++next, text, undo));
}
