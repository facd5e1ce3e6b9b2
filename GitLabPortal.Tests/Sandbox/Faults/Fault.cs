namespace GitLabPortal.Tests.Sandbox;

/// <summary>One way in which a server, or what stands in front of it, goes wrong. Given to <see cref="SandboxFaults"/>.</summary>
public sealed partial class Fault
{
    private Fault(string name) => Name = name;

    /// <summary>As the request log shows it.</summary>
    public string Name { get; }

    /// <summary>Answers instead of GitLab.</summary>
    internal Func<ReceivedRequest, DateTimeOffset, Answer>? Replace { get; private init; }

    /// <summary>GitLab answers itself, under these circumstances.</summary>
    internal Circumstance Circumstance { get; private init; }

    /// <summary>The answer is right, its way to the client is not.</summary>
    internal Func<AnswerWriter, Answer, CancellationToken, Task>? Deliver { get; private init; }
    internal TimeSpan DelayBefore { get; private init; }
    internal TimeSpan ClockSkewBy { get; private init; }

    public override string ToString() => Name;

    private static Fault Replacing(string name, Func<Answer> answer) => new(name) { Replace = (_, _) => answer() };
}
