using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace GitLabPortal.Tests.Harness;

internal static class BunitAssemblies
{
    /// <summary>bunit asks for AngleSharp.Diffing 1.0.0.0, which is not on the feed; the version that is does the same for it.</summary>
    [ModuleInitializer]
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Usage", "CA2255", Justification = "The resolver must be there before the first test class loads.")]
    internal static void Resolve() => AssemblyLoadContext.Default.Resolving += (context, name) =>
        name.Name == "AngleSharp.Diffing"
            ? context.LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, "AngleSharp.Diffing.dll"))
            : null;
}
