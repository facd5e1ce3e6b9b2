using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.FileProviders;

namespace GitLabPortal.Shell;

/// <summary>
/// The pages' files, embedded in the assembly. An address carries the file's hash, so that browsers keep it for a year and still
/// get a new one after an upgrade.
/// </summary>
public sealed class WebAssets
{
    private readonly ConcurrentDictionary<string, string> addresses = new(StringComparer.Ordinal);

    public IFileProvider Files { get; } = new ManifestEmbeddedFileProvider(typeof(WebAssets).Assembly, "web");

    public string this[string path] => addresses.GetOrAdd(path, Address);

    private string Address(string path)
    {
        using var file = Files.GetFileInfo(path).CreateReadStream();
        return $"{path}?v={Convert.ToHexStringLower(SHA256.HashData(file))[..12]}";
    }
}
