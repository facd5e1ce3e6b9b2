using System.Diagnostics.CodeAnalysis;

namespace GitLabPortal.Kernel;

/// <summary>The outcome of a use case that returns nothing but success.</summary>
public readonly record struct Result
{
    private Result(Problem? problem) => Problem = problem;

    public Problem? Problem { get; }

    [MemberNotNullWhen(false, nameof(Problem))]
    public bool IsSuccess => Problem is null;

    public static Result Success => default;

    /// <summary>For values whose type is an interface, which C# does not convert implicitly.</summary>
    public static Result<T> Of<T>(T value) => new(value, null);

    public static implicit operator Result(Problem problem) => new(problem);
}

/// <summary>The outcome of a use case: a value, or the problem that stood in the way.</summary>
public readonly record struct Result<T>
{
    internal Result(T? value, Problem? problem) => (Value, Problem) = (value, problem);

    public T? Value { get; }

    public Problem? Problem { get; }

    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Problem))]
    public bool IsSuccess => Problem is null;

    public static implicit operator Result<T>(T value) => new(value, null);

    public static implicit operator Result<T>(Problem problem) => new(default, problem);
}
