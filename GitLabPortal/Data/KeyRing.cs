using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Data;

/// <summary>Keeps the encryption keys in the data directory, readable by the portal's user alone.</summary>
internal sealed class KeyRing(IOptions<DataOptions> data, ILoggerFactory loggers) : IConfigureOptions<KeyManagementOptions>
{
    public void Configure(KeyManagementOptions options)
    {
        // The one above first: made on the way, it would be open to everybody.
        PrivateFiles.CreateDirectory(data.Value.FullDirectory);
        options.XmlRepository = new FileSystemXmlRepository(PrivateFiles.CreateDirectory(data.Value.KeyDirectory), loggers);
    }
}

internal static class PrivateFiles
{
    /// <summary>A directory that only the owner may enter (0700); on Windows the parent's rights apply.</summary>
    public static DirectoryInfo CreateDirectory(string path) => OperatingSystem.IsWindows()
        ? Directory.CreateDirectory(path)
        : Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    /// <summary>A file that only the owner can ever have opened; SQLite takes an empty one for its own.</summary>
    public static void CreateEmpty(string file)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        new FileStream(file, options).Dispose();
    }

    /// <summary>Takes every right from everybody but the owner (0600).</summary>
    public static void Restrict(string file)
    {
        if (!OperatingSystem.IsWindows() && File.Exists(file)) File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
