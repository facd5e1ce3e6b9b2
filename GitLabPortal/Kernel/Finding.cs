namespace GitLabPortal.Kernel;

public enum FindingStatus { Passed, Information, Warning, Failed, Waiting }

/// <summary>Who can put a finding right.</summary>
public enum FixOwner { Nobody, You, GitLabAdmin, NetworkAdmin, PortalOperator }

/// <summary>What one check saw. The same type serves the wizard, the connection page and the command line.</summary>
/// <param name="Status">How serious it is; a <see cref="FindingStatus.Failed"/> finding stops the connection.</param>
/// <param name="Code">Stable, lower case with dashes, e.g. <c>tls-expired</c>.</param>
/// <param name="Title">What the check is about or found, in a few words.</param>
/// <param name="Seen">What was seen, in a sentence. Never a secret.</param>
/// <param name="Fix">What to do; empty when there is nothing to do.</param>
/// <param name="Owner">Who can do it.</param>
public sealed record Finding(FindingStatus Status, string Code, string Title, string Seen, string Fix = "", FixOwner Owner = FixOwner.Nobody)
{
    /// <summary>The check that found it, e.g. <c>tls</c>; null outside of checks.</summary>
    public string? Phase { get; init; }

    /// <summary>What was seen in detail, to look up or compare, e.g. a certificate's fingerprint.</summary>
    public IReadOnlyList<FindingFact> Facts { get; init; } = [];

    /// <summary>An address that the finding offers to use instead, e.g. the target of a redirect.</summary>
    public string? SuggestedAddress { get; init; }

    public static Finding Passed(string code, string title, string seen) => new(FindingStatus.Passed, code, title, seen);

    public static Finding Failed(string code, string title, string seen, string fix, FixOwner owner) =>
        new(FindingStatus.Failed, code, title, seen, fix, owner);

    public static Finding Warning(string code, string title, string seen, string fix, FixOwner owner) =>
        new(FindingStatus.Warning, code, title, seen, fix, owner);
}

/// <param name="Label">E.g. <c>Issuer</c>.</param>
public sealed record FindingFact(string Label, string Value);
