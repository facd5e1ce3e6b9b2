using System.Diagnostics;
using System.Globalization;

namespace GitLabPortal.Repositories;

/// <summary>
/// Names this process for a lease, so that another one on the same machine can tell whether it still lives: after a crash nobody has
/// to wait for the lease to run out.
/// </summary>
internal static class LeaseHolder
{
    private const char Separator = '|';

    private static readonly string Place = $"{Environment.MachineName}{Separator}{ProcessSpace()}";

    /// <summary>Machine, process and one walk in it.</summary>
    public static string New()
    {
        using var self = Process.GetCurrentProcess();
        return string.Join(Separator, Place, Environment.ProcessId.ToString(CultureInfo.InvariantCulture), Started(self), Guid.NewGuid().ToString("N"));
    }

    /// <summary>Known for certain; a process elsewhere may always be alive.</summary>
    public static bool IsDead(string holder)
    {
        var parts = holder.Split(Separator);
        if (parts.Length != 5 || $"{parts[0]}{Separator}{parts[1]}" != Place || !int.TryParse(parts[2], CultureInfo.InvariantCulture, out var id)) return false;
        try
        {
            using var process = Process.GetProcessById(id);
            return process.HasExited || Started(process) != parts[3];
        }
        catch (ArgumentException)
        {
            return true;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    // On Linux the framework computes a time of day, which differs by moments from reader to reader; the kernel's own count does not.
    private static string Started(Process process)
    {
        if (!OperatingSystem.IsLinux()) return process.StartTime.ToUniversalTime().Ticks.ToString(CultureInfo.InvariantCulture);
        try
        {
            var status = File.ReadAllText($"/proc/{process.Id.ToString(CultureInfo.InvariantCulture)}/stat");
            // The name, in parentheses, may hold anything; behind it come the state, and as the 20th field the start.
            var fields = status[(status.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? "ended" : fields[19];
        }
        catch (IOException)
        {
            return "ended";
        }
    }

    /// <summary>Containers may share a machine name but number their processes each for itself.</summary>
    private static string ProcessSpace() =>
        OperatingSystem.IsLinux() && new FileInfo("/proc/self/ns/pid").LinkTarget is { } space ? space : "";
}
