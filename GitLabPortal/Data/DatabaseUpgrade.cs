using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Data;

/// <summary>
/// Brings the database to this version at start. Several starting processes take turns by a lock on a file, which the operating
/// system drops when a process dies. Before migrating, the database is copied; an upgrade that was killed or failed starts again
/// from that copy.
/// </summary>
public sealed partial class DatabaseUpgrade(
    IDbContextFactory<PortalDb> contexts, IOptions<DataOptions> options, ILogger<DatabaseUpgrade> logger)
{
    private static readonly TimeSpan LockTimeout = TimeSpan.FromMinutes(5);

    /// <exception cref="DatabaseUpgradeException">The database cannot be used; the message says why and what to do.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var data = options.Value;
        PrivateFiles.CreateDirectory(data.FullDirectory);
        await using var gate = await TakeLockAsync(data.LockFile, cancellationToken);
        var copy = data.DatabaseFile + ".before-upgrade";
        if (File.Exists(copy)) RestoreCopy(copy, data.DatabaseFile);

        var isNew = !File.Exists(data.DatabaseFile);
        if (isNew) PrivateFiles.CreateEmpty(data.DatabaseFile);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var known = db.Database.GetMigrations().ToList();
        var applied = isNew ? [] : (await db.Database.GetAppliedMigrationsAsync(cancellationToken)).ToList();
        RefuseNewer(known, applied);
        if (applied.Count < known.Count)
        {
            LogUpgrading(known.Count - applied.Count);
            await MigrateAsync(db, data.DatabaseFile, isNew ? null : copy, cancellationToken);
        }

        PrivateFiles.Restrict(data.DatabaseFile);
    }

    /// <summary>For a command beside a portal that may be running: the database must be there and of this version, and is left as it is.</summary>
    /// <exception cref="DatabaseUpgradeException">It is not; the message says what to do.</exception>
    public async Task RequireCurrentAsync(CancellationToken cancellationToken)
    {
        var data = options.Value;
        if (!File.Exists(data.DatabaseFile))
        {
            throw new DatabaseUpgradeException(
                $"There is no portal in {data.FullDirectory}. Name the data directory of yours with --Data:Directory=…, or make a new portal with: gitlabportal setup");
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var known = db.Database.GetMigrations().ToList();
        var applied = (await db.Database.GetAppliedMigrationsAsync(cancellationToken)).ToList();
        RefuseNewer(known, applied);
        if (applied.Count < known.Count)
            throw new DatabaseUpgradeException($"The database in {data.FullDirectory} was written by an older version of the portal. Start the portal of this version once: it upgrades the database.");
    }

    private void RefuseNewer(List<string> known, List<string> applied)
    {
        if (applied.Except(known, StringComparer.Ordinal).LastOrDefault() is { } unknown)
        {
            throw new DatabaseUpgradeException(
                $"The database in {options.Value.FullDirectory} was written by a newer version of the portal (it knows {unknown}). Start that version.");
        }
    }

    private static async Task MigrateAsync(PortalDb db, string file, string? copy, CancellationToken cancellationToken)
    {
        if (copy is not null) await CopyAsync(file, copy, cancellationToken);
        // The row in which EF notes that somebody migrates outlives a killed process. We hold the file lock: nobody else does.
        if (copy is not null) await db.Database.ExecuteSqlRawAsync("DROP TABLE IF EXISTS \"__EFMigrationsLock\"", cancellationToken);
        await db.Database.ExecuteSqlRawAsync("PRAGMA journal_mode=WAL", cancellationToken);
        PrivateFiles.Restrict(file);
        await db.Database.MigrateAsync(cancellationToken);
        await VerifyAsync(db, cancellationToken);
        if (copy is not null) File.Delete(copy);
    }

    private static async Task VerifyAsync(PortalDb db, CancellationToken cancellationToken)
    {
        var integrity = await db.Database.SqlQueryRaw<string>("SELECT integrity_check AS Value FROM pragma_integrity_check").ToListAsync(cancellationToken);
        var orphans = await db.Database.SqlQueryRaw<string>("SELECT DISTINCT \"table\" AS Value FROM pragma_foreign_key_check").ToListAsync(cancellationToken);
        if (integrity is not ["ok"] || orphans.Count > 0)
        {
            throw new DatabaseUpgradeException(
                "The database is not sound after the upgrade. Nothing was lost: the next start goes back to the copy made before it. " +
                $"SQLite says: {string.Join("; ", integrity.Concat(orphans.Select(t => $"rows without their parent in {t}")))}");
        }
    }

    private static async Task CopyAsync(string file, string copy, CancellationToken cancellationToken)
    {
        // Written beside and renamed, so that a copy under its final name is always whole.
        var unfinished = copy + ".part";
        File.Delete(unfinished);
        PrivateFiles.CreateEmpty(unfinished);
        await using (var connection = new SqliteConnection(DataFeature.ConnectionString(file)))
        {
            await connection.OpenAsync(cancellationToken);
            await using var vacuum = connection.CreateCommand();
            vacuum.CommandText = "VACUUM INTO $copy";
            vacuum.Parameters.AddWithValue("$copy", unfinished);
            await vacuum.ExecuteNonQueryAsync(cancellationToken);
        }

        File.Move(unfinished, copy, overwrite: true);
    }

    private void RestoreCopy(string copy, string file)
    {
        LogRestoring();
        DataFeature.ClearPool(file);
        File.Delete(file + "-wal");
        File.Delete(file + "-shm");
        File.Copy(copy, file, overwrite: true);
        File.Delete(copy);
    }

    private static async Task<FileStream> TakeLockAsync(string path, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(LockTimeout);
        while (true)
        {
            try
            {
                var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                // Whoever may read it may hold the lock and keep the portal from starting.
                PrivateFiles.Restrict(path);
                return file;
            }
            catch (IOException) when (!timeout.IsCancellationRequested)
            {
                await Task.Delay(200, CancellationToken.None);
            }
            catch (IOException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw new DatabaseUpgradeException($"Another process has been upgrading the database for {LockTimeout.TotalMinutes:0} minutes. Wait for it or end it, then start again.");
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "Upgrading the database: {Count} migrations to apply")]
    private partial void LogUpgrading(int count);

    [LoggerMessage(LogLevel.Warning, "The last upgrade did not finish: going back to the copy made before it")]
    private partial void LogRestoring();
}

/// <summary>The database cannot be used as it is. The message is for the operator.</summary>
public sealed class DatabaseUpgradeException(string message) : Exception(message);
