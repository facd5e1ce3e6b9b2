namespace GitLabPortal.Data;

/// <summary>Section <c>Data</c>.</summary>
public sealed class DataOptions
{
    public const string Section = "Data";

    /// <summary>Where the database and the key ring live; relative to the working directory.</summary>
    public string Directory { get; init; } = "data";

    public string FullDirectory => Path.GetFullPath(Directory);

    public string DatabaseFile => Path.Combine(FullDirectory, "portal.db");

    public string KeyDirectory => Path.Combine(FullDirectory, "keys");

    public string LockFile => Path.Combine(FullDirectory, "upgrade.lock");

    public string PortalLockFile => Path.Combine(FullDirectory, "portal.lock");

    /// <summary>The problems with these settings, each beginning with its key.</summary>
    public IEnumerable<string> Problems()
    {
        if (string.IsNullOrWhiteSpace(Directory)) yield return "Data:Directory is empty. Name a folder that the portal may write to.";
        else if (Directory.Contains('\0', StringComparison.Ordinal)) yield return "Data:Directory is not a path.";
        else if (File.Exists(FullDirectory)) yield return $"Data:Directory names a file ({FullDirectory}). Name a folder.";
    }
}
