using GitLabPortal.Kernel;

namespace GitLabPortal.Connections;

/// <summary>A cause that can be told apart from all others: what it is called, how it is put right and by whom.</summary>
internal sealed record DiagnosisCode(string Code, FindingStatus Status, string Title, string Fix = "", FixOwner Owner = FixOwner.Nobody)
{
    /// <summary>What usually stands behind it, and how causes that look alike are told apart by hand.</summary>
    public string Means { get; init; } = "";

    /// <summary>The exact setting and where it is found, e.g. <c>Admin, Settings, Network, …</c>.</summary>
    public string Setting { get; init; } = "";

    /// <param name="seen">What was seen this time, in a sentence.</param>
    /// <param name="fix">Instead of the general fix, when more is known.</param>
    /// <param name="suggestion">An address to use instead.</param>
    public Finding Saw(string seen, string? fix = null, string? suggestion = null) =>
        new(Status, Code, Title, seen, fix ?? Fix, Owner) { SuggestedAddress = suggestion };
}
