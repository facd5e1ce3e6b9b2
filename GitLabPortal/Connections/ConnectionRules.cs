using FluentValidation;
using GitLabPortal.Kernel;

namespace GitLabPortal.Connections;

/// <summary>What a connection's name and choice look like, and how that is said. What GitLab thinks of them is another matter.</summary>
internal static class ConnectionRules
{
    public static IRuleBuilderOptions<T, string?> ConnectionName<T>(this IRuleBuilderInitial<T, string?> rule) => rule
        .Cascade(CascadeMode.Stop)
        .Must(name => !string.IsNullOrWhiteSpace(name)).WithErrorCode("name-missing").WithMessage("Give the connection a name.")
        .Must(name => name!.Trim().Length <= Connection.MaxNameLength).WithErrorCode("name-too-long")
        .WithMessage($"The name is longer than {Connection.MaxNameLength} characters. Shorten it.")
        .Must(name => DisplayName.IsPrintable(name!.Trim())).WithErrorCode("name-control")
        .WithMessage("The name holds characters that cannot be shown. Type it again.");

    /// <summary>The first thing that is wrong; null when nothing is.</summary>
    public static Problem.Invalid? Problem<T>(this AbstractValidator<T> validator, T subject) =>
        validator.Validate(subject).Errors is [var error, ..] ? new Problem.Invalid(error.ErrorCode, error.ErrorMessage, error.PropertyName) : null;
}

/// <summary>The wizard's last form. Without a name the connection gets its server's.</summary>
public sealed class ConnectionChoiceValidator : AbstractValidator<ConnectionChoice>
{
    private const int MaxGroups = 200;

    public ConnectionChoiceValidator()
    {
        RuleFor(c => c.Name).ConnectionName().When(c => !string.IsNullOrWhiteSpace(c.Name));
        RuleFor(c => c.Coverage).IsInEnum().WithErrorCode("coverage-unknown").WithMessage("Choose what the team gets.");
        When(c => c.Coverage == ConnectionCoverage.Groups, () => RuleFor(c => c.Groups)
            .Cascade(CascadeMode.Stop)
            .NotEmpty().WithErrorCode("no-group").WithMessage("Choose at least one group, or take everything the token can see.")
            .Must(groups => groups.Count <= MaxGroups).WithErrorCode("too-many-groups")
            .WithMessage($"More than {MaxGroups} groups are chosen. Choose the groups above them instead, or take everything the token can see."));
    }
}

/// <summary>A new name for a connection.</summary>
public sealed class ConnectionNameValidator : AbstractValidator<string>
{
    public ConnectionNameValidator() => RuleFor(name => name).ConnectionName().OverridePropertyName(nameof(Connection.Name));
}
