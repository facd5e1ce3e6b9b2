using System.Runtime.InteropServices;
using GitLabPortal.Data;

namespace GitLabPortal.Repositories;

/// <summary>
/// How often each namespace and each set of topics occurs in what a person sees through personal connections, where no counter can know
/// it: <see cref="Sight.Visible"/> once more, in one pass over what each connection sees.
/// </summary>
internal sealed class PersonalGroups
{
    public Dictionary<string, int> Namespaces { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, int> Topics { get; } = new(StringComparer.Ordinal);

    /// <summary>A repository that several connections see counts for each.</summary>
    public static PersonalGroups Count(Snapshot snapshot, Sight sight)
    {
        var groups = new PersonalGroups();
        foreach (var connection in sight.Useful.Where(c => c.IsPersonal)) groups.Add(snapshot, connection, sight.Identities);
        return groups;
    }

    private void Add(Snapshot snapshot, SeenConnection connection, IReadOnlyList<Guid> identities)
    {
        using var command = snapshot.Connection.CreateCommand();
        command.Transaction = snapshot.Transaction;
#pragma warning disable CA2100 // Put together from constants of this class alone.
        command.CommandText =
            $"""
            SELECT r.NamespacePath, r.Topics FROM RepositorySightings s CROSS JOIN Repositories r ON r.Id = s.RepositoryId
            WHERE s.ConnectionId = $connection AND s.MissingSince IS NULL AND (
                r.Visibility = '{nameof(RepositoryVisibility.Public)}'{(connection.SeesInternal ? $" OR r.Visibility = '{nameof(RepositoryVisibility.Internal)}'" : "")}
                OR EXISTS (SELECT 1 FROM MemberSightings m WHERE m.IdentityId IN ({string.Join(", ", identities.Select((_, i) => $"$i{i}"))}) AND m.RepositoryId = r.Id))
            """;
#pragma warning restore CA2100
        command.Parameters.AddWithValue("$connection", connection.Id);
        for (var i = 0; i < identities.Count; i++) command.Parameters.AddWithValue($"$i{i}", identities[i]);
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            Add(Namespaces, reader.GetString(0));
            Add(Topics, reader.GetString(1));
        }
    }

    private static void Add(Dictionary<string, int> counts, string value)
    {
        if (value.Length > 0) CollectionsMarshal.GetValueRefOrAddDefault(counts, value, out _)++;
    }
}
