using System.Globalization;
using Bogus;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>
/// Fills a world with a believable company. Everything derives from (seed, index) by hashing, so one project costs about
/// a microsecond; only people and sentences come from Bogus, as small pools.
/// </summary>
internal sealed class ProjectGenerator(SandboxWorld world, int seed)
{
    private const int AwkwardEvery = 7;
    private readonly DateTimeOffset _now = world.Now;
    private readonly List<SandboxNamespace> _groups = [];
    private readonly List<SandboxNamespace> _people = [];
    private readonly string[] _sentences = new string[256];

    public void Generate(int count) => world.Write(() =>
    {
        MakeSentences();
        MakeGroups(count);
        MakePeople(count);
        SandboxProject? source = null;
        long id = 0;
        for (var index = 0; index < count; index++)
        {
            var mix = Deterministic.Mix(seed, index);
            // Deleted projects leave gaps.
            id += mix % 6 == 0 ? 2 + (long)(mix / 6 % 12) : 1;
            var project = MakeProject(id, index, count, mix, source);
            world.Keep(project);
            if (index % 37 == 0)
                source = project;
        }
    });

    private SandboxProject MakeProject(long id, int index, int count, ulong mix, SandboxProject? source)
    {
        var more = Deterministic.Mix(seed, index, purpose: 1);
        var isPersonal = mix % 100 < 12;
        var spaces = isPersonal ? _people : _groups;
        var space = spaces[(int)(mix / 128 % (ulong)spaces.Count)];
        var awkward = index % AwkwardEvery == 3 && index / AwkwardEvery < Vocabulary.Awkward.Length ? index / AwkwardEvery : -1;
        var (path, name) = Name(space, index, mix, awkward);
        var isEmpty = more % 25 == 0;
        var created = _now.AddDays(-3650.0 * (count - index) / count).AddSeconds(-(double)(more % 3000));
        var idle = Math.Pow(more / 64 % 1000 / 1000.0, 3);
        var active = _now - TimeSpan.FromSeconds((_now - created).TotalSeconds * idle);
        return new SandboxProject(id, space, path, name)
        {
            Description = awkward >= 0 ? Vocabulary.Awkward[awkward].Description : (more % 9) switch
            {
                0 => null,
                1 => "",
                _ => _sentences[more / 16 % (ulong)_sentences.Length],
            },
            Visibility = (mix / 16 % 20) switch
            {
                < 2 => SandboxVisibility.Public,
                < 7 => SandboxVisibility.Internal,
                _ => SandboxVisibility.Private,
            },
            RepositoryAccess = (more % 60) switch
            {
                7 => SandboxFeatureAccess.Disabled,
                8 => SandboxFeatureAccess.Private,
                _ => SandboxFeatureAccess.Enabled,
            },
            DefaultBranch = isEmpty ? world.Settings.DefaultBranchName : Vocabulary.Branches[more / 4096 % (ulong)Vocabulary.Branches.Length],
            Topics = TopicsFor(more),
            IsArchived = more % 13 == 5,
            IsEmpty = isEmpty,
            HasReadme = !isEmpty && more % 11 != 0,
            HasAvatar = more % 17 == 0,
            Stars = more % 5 == 0 ? (int)(more / 32 % 400) : (int)(more % 3),
            ForkedFrom = isPersonal && source is not null && more % 4 == 1 ? Fork(source) : null,
            CreatedAt = created,
            UpdatedAt = active,
            LastActivityAt = active,
            CreatorId = (space as SandboxPersonalNamespace)?.Owner.Id ?? world.Root.Id,
        } is var project && index % 211 == 60 && world.HasDelayedDeletion ? Doomed(project) : project;
    }

    private SandboxProject Doomed(SandboxProject project)
    {
        project.MarkedForDeletionOn = DateOnly.FromDateTime(_now.UtcDateTime).AddDays(-(int)(project.Id % 20));
        project.IsArchived = true;
        project.Path += world.DeletionSuffix(project);
        project.Name += world.DeletionSuffix(project);
        return project;
    }

    private static SandboxProject Fork(SandboxProject source)
    {
        source.Forks++;
        return source;
    }

    private static (string Path, string Name) Name(SandboxNamespace space, int index, ulong mix, int awkward)
    {
        if (awkward >= 0)
            return ($"awkward-{awkward + 1}", Vocabulary.Awkward[awkward].Name);

        var subject = Vocabulary.Subjects[mix / 1024 % (ulong)Vocabulary.Subjects.Length];
        var thing = Vocabulary.Things[mix / 65536 % (ulong)Vocabulary.Things.Length];
        var path = $"{subject}-{thing}";
        if (space.Projects.ContainsKey(path))
            path = $"{path}-{index.ToString(CultureInfo.InvariantCulture)}";
        // Names and paths differ on most servers.
        var name = mix % 3 == 0 ? path : $"{char.ToUpperInvariant(path[0])}{path[1..].Replace('-', ' ')}";
        return (path, name);
    }

    private static IReadOnlyList<string> TopicsFor(ulong more) => (more / 256 % 5) switch
    {
        0 => [Vocabulary.Topics[more / 2048 % (ulong)Vocabulary.Topics.Length]],
        1 => [Vocabulary.Topics[more / 2048 % 7], Vocabulary.Topics[7 + (int)(more / 4096 % 7)]],
        _ => [],
    };

    private void MakeSentences()
    {
        var faker = new Faker("en") { Random = new Randomizer(seed) };
        for (var i = 0; i < _sentences.Length; i++)
            _sentences[i] = faker.Hacker.Phrase();
    }

    /// <summary>Departments, teams and, on large servers, areas below teams: platform/identity/area-3.</summary>
    private void MakeGroups(int count)
    {
        var departments = Math.Clamp(count / 40, 2, Vocabulary.Departments.Length);
        var teams = Math.Clamp(count / 60, 2, Vocabulary.Teams.Length);
        var areas = Math.Clamp(count / 2500, 0, 12);
        for (var d = 0; d < departments; d++)
        {
            var visibility = d % 5 == 4 ? SandboxVisibility.Internal : SandboxVisibility.Private;
            var department = AddGroup(Vocabulary.Departments[d], parent: null, visibility);
            for (var t = 0; t < teams; t++)
            {
                var team = AddGroup(Vocabulary.Teams[(d + t) % Vocabulary.Teams.Length], department, visibility);
                for (var a = 0; a < areas; a++)
                    AddGroup($"area-{a + 1}", team, visibility);
            }
        }
    }

    private SandboxGroup AddGroup(string path, SandboxGroup? parent, SandboxVisibility visibility)
    {
        var name = char.ToUpperInvariant(path[0]) + path[1..].Replace('-', ' ');
        var group = world.AddGroup(path, name, parent, visibility);
        if (group.Id % 4 == 0)
            group.AvatarPath = $"/uploads/-/system/group/avatar/{group.Id}/logo.png";
        group.Description = parent is null ? $"Everything of {name}" : "";
        _groups.Add(group);
        return group;
    }

    private void MakePeople(int count)
    {
        var faker = new Faker("en") { Random = new Randomizer(seed) };
        for (var i = 0; i < Math.Clamp(count / 50, 3, 200); i++)
        {
            var first = faker.Name.FirstName();
            var last = faker.Name.LastName();
            var username = $"{first}.{last}".ToLowerInvariant().Replace("'", "", StringComparison.Ordinal);
            if (world.FindNamespace(username) is not null)
                username += i.ToString(CultureInfo.InvariantCulture);
            var user = world.AddUser(username, $"{first} {last}");
            world.AddMember(user, (SandboxGroup)_groups[i % _groups.Count]);
            _people.Add(user.Namespace);
        }
    }
}
