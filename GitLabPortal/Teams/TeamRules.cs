using FluentValidation;
using GitLabPortal.Kernel;

namespace GitLabPortal.Teams;

/// <summary>What names and addresses of teams look like, and how that is said.</summary>
public static class TeamRules
{
    // Words that the portal's own addresses use or may come to use behind /team/.
    private static readonly HashSet<string> Reserved = new(StringComparer.Ordinal) { "new", "settings", "team", "teams", "all", "none", "api", "admin" };

    public static IRuleBuilderOptions<T, string?> TeamName<T>(this IRuleBuilderInitial<T, string?> rule) => rule
        .Cascade(CascadeMode.Stop)
        .Must(name => !string.IsNullOrWhiteSpace(name)).WithMessage("Enter a name for the team.")
        .Must(name => name!.Trim().Length <= Team.MaxNameLength).WithMessage($"Use at most {Team.MaxNameLength} characters.")
        .Must(name => DisplayName.IsPrintable(name!.Trim())).WithMessage("The name has characters that cannot be shown. Type it instead of pasting it.");

    public static IRuleBuilderOptions<T, string?> TeamSlug<T>(this IRuleBuilderInitial<T, string?> rule) => rule
        .Cascade(CascadeMode.Stop)
        .Must(slug => !string.IsNullOrEmpty(slug)).WithMessage("Enter the team's part of the address.")
        .Must(Slug.IsValid).WithMessage($"Use 1 to {Slug.MaxLength} of a-z, 0-9 and single dashes between them.")
        .Must(slug => !Reserved.Contains(slug!)).WithMessage("The portal uses this word itself. Choose another one.");

    /// <summary>A usable address for a team of this name; <paramref name="number"/> sets one apart from others like it.</summary>
    public static string SuggestSlug(string name, int number = 1)
    {
        var slug = Slug.From(name);
        if (Reserved.Contains(slug)) slug = $"{slug}-team";
        if (number == 1) return slug;

        var suffix = $"-{number}";
        return slug[..Math.Min(slug.Length, Slug.MaxLength - suffix.Length)].TrimEnd('-') + suffix;
    }
}
