using FluentValidation.Results;
using GitLabPortal.Kernel;

namespace GitLabPortal.UI;

/// <summary>What is wrong with a form: a sentence per field, and what concerns no field in particular.</summary>
public sealed class FieldErrors
{
    public static readonly FieldErrors None = new([], null);

    private readonly List<KeyValuePair<string, string>> errors;

    private FieldErrors(IEnumerable<KeyValuePair<string, string>> errors, Problem? general) => (this.errors, General) = ([.. errors], general);

    /// <summary>The problem that no field is at fault for, to be shown above the form.</summary>
    public Problem? General { get; }

    public bool Any => errors.Count > 0 || General is not null;

    /// <summary>What to say beside the field; null when nothing is wrong with it.</summary>
    public string? this[string field] => errors.Find(e => string.Equals(e.Key, field, StringComparison.Ordinal)).Value;

    public static FieldErrors Of(ValidationResult validation) =>
        new(validation.Errors.Select(e => KeyValuePair.Create(e.PropertyName, e.ErrorMessage)), null);

    public static FieldErrors Of(Problem problem) => problem is Problem.Invalid { Field: { } field }
        ? new([KeyValuePair.Create(field, problem.Message)], null)
        : new([], problem);

    /// <summary>Whether the field gets the focus: the first one at fault, or the form's first one when nothing is.</summary>
    public bool Focuses(string field, bool byDefault = false) =>
        errors.Count > 0 ? string.Equals(errors[0].Key, field, StringComparison.Ordinal) : byDefault;
}
