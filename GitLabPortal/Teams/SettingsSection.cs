namespace GitLabPortal.Teams;

/// <summary>
/// A part of a team's settings page. Features register theirs as a singleton; the page shows all of them, one under the other.
/// </summary>
/// <param name="Id">Its anchor, e.g. <c>members</c>.</param>
/// <param name="Title">Its heading.</param>
/// <param name="Order">General is 10, Members 20, GitLab connections 30.</param>
/// <param name="Component">What fills it: a component with the parameter <c>Slug</c>, best a <see cref="TeamPage"/>.</param>
public sealed record SettingsSection(string Id, string Title, int Order, Type Component);
