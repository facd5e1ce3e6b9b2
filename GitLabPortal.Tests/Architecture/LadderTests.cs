using Mono.Cecil;
using Mono.Cecil.Cil;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Architecture;

/// <summary>A feature folder uses only folders below it; see the README.</summary>
public sealed class LadderTests
{
    private static readonly string[] Ladder =
    [
        "Kernel", "Scheduling", "UI", "Security", "GitLab", "Data", "Accounts", "Teams", "Connections", "Repositories", "Projects", "SignIn", "Profile", "Audit", "Shell", "Cli",
    ];

    [Fact]
    public void A_folder_uses_only_folders_below_it()
    {
        using var assembly = AssemblyDefinition.ReadAssembly(typeof(PortalHost).Assembly.Location);
        var types = assembly.MainModule.GetTypes().Where(t => FolderOf(t) is not null).ToList();
        types.Count.ShouldBeGreaterThan(100);

        var climbs = types
            .SelectMany(type => Uses(type).Select(used => (From: FolderOf(type)!, To: FolderOf(used), Text: $"{type.FullName} uses {used.FullName}")))
            .Where(use => use.To is not null && Array.IndexOf(Ladder, use.To) > Array.IndexOf(Ladder, use.From))
            .Select(use => $"{use.Text}: {use.From} stands below {use.To}. Publish a feed or contribute a section instead.")
            .Distinct(StringComparer.Ordinal)
            .ToList();

        climbs.ShouldBeEmpty();
    }

    [Fact]
    public void The_GitLab_client_uses_no_other_folder()
    {
        using var assembly = AssemblyDefinition.ReadAssembly(typeof(PortalHost).Assembly.Location);

        var uses = assembly.MainModule.GetTypes()
            .Where(t => FolderOf(t) == "GitLab")
            .SelectMany(t => Uses(t).Where(used => FolderOf(used) is not null and not "GitLab").Select(used => $"{t.FullName} uses {used.FullName}"))
            .Distinct(StringComparer.Ordinal)
            .ToList();

        uses.ShouldBeEmpty();
    }

    [Fact]
    public void No_drawer_for_odds_and_ends()
    {
        using var assembly = AssemblyDefinition.ReadAssembly(typeof(PortalHost).Assembly.Location);

        assembly.MainModule.GetTypes()
            .Where(t => t.Namespace.StartsWith("GitLabPortal", StringComparison.Ordinal))
            .Select(t => t.FullName)
            .Where(name => new[] { "Util", "Helper", "Common", "Misc" }.Any(word => name.Contains(word, StringComparison.Ordinal)))
            .ShouldBeEmpty();
    }

    /// <summary>The first name below the product's own; the mapping to folders is one to one. Migrations know nothing and are known by nobody.</summary>
    private static string? FolderOf(TypeReference type)
    {
        while (type.DeclaringType is not null) type = type.DeclaringType;
        var parts = type.Namespace.Split('.');
        return parts is ["GitLabPortal", var folder, ..] && Ladder.Contains(folder) && parts is not [_, "Data", "Migrations", ..] ? folder : null;
    }

    private static IEnumerable<TypeReference> Uses(TypeDefinition type)
    {
        var direct = new List<TypeReference?> { type.BaseType };
        direct.AddRange(type.Interfaces.Select(i => i.InterfaceType));
        direct.AddRange(type.Fields.Select(f => f.FieldType));
        direct.AddRange(type.Properties.Select(p => p.PropertyType));
        foreach (var method in type.Methods)
        {
            direct.Add(method.ReturnType);
            direct.AddRange(method.Parameters.Select(p => p.ParameterType));
            if (!method.HasBody) continue;
            direct.AddRange(method.Body.Variables.Select(v => v.VariableType));
            foreach (var instruction in method.Body.Instructions) direct.AddRange(Named(instruction));
        }

        return direct.OfType<TypeReference>().SelectMany(WithArguments);
    }

    private static IEnumerable<TypeReference?> Named(Instruction instruction) => instruction.Operand switch
    {
        TypeReference type => [type],
        FieldReference field => [field.DeclaringType, field.FieldType],
        GenericInstanceMethod method => [method.DeclaringType, method.ReturnType, .. method.GenericArguments],
        MethodReference method => [method.DeclaringType, method.ReturnType],
        _ => [],
    };

    private static IEnumerable<TypeReference> WithArguments(TypeReference type) => type switch
    {
        GenericInstanceType generic => [generic.ElementType, .. generic.GenericArguments.SelectMany(WithArguments)],
        TypeSpecification wrapped => WithArguments(wrapped.ElementType),
        _ => [type],
    };
}
