using GitLabPortal.Data;
using GitLabPortal.Teams;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Data;

public sealed class UpgradingTheDatabaseTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("gitlabportal-upgrade-").FullName;
    private readonly DataOptions options;
    private readonly Contexts contexts;

    public UpgradingTheDatabaseTests()
    {
        options = new DataOptions { Directory = Path.Combine(directory, "data") };
        contexts = new Contexts(options.DatabaseFile);
    }

    private string Copy => options.DatabaseFile + ".before-upgrade";

    [Fact]
    public async Task Makes_a_new_database_that_only_its_owner_can_read()
    {
        await UpgradeAsync();

        await using var db = contexts.CreateDbContext();
        (await db.Database.GetPendingMigrationsAsync()).ShouldBeEmpty();
        db.Database.HasPendingModelChanges().ShouldBeFalse("the entities changed without a migration: dotnet ef migrations add");
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(options.DatabaseFile).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.GetUnixFileMode(options.FullDirectory).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public async Task Keeps_every_file_to_its_owner_in_a_directory_that_others_may_enter()
    {
        if (OperatingSystem.IsWindows()) return;
        Directory.CreateDirectory(options.FullDirectory);

        await UpgradeAsync();

        await using var db = contexts.CreateDbContext();
        await db.Set<Team>().AnyAsync();
        var files = Directory.GetFiles(options.FullDirectory);
        files.Length.ShouldBeGreaterThan(1);
        foreach (var file in files) File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite, file);
    }

    [Fact]
    public async Task Upgrades_from_each_earlier_schema_and_keeps_every_row()
    {
        var migrations = contexts.CreateDbContext().Database.GetMigrations().ToList();
        migrations.Count.ShouldBeGreaterThan(1);
        for (var earlier = 0; earlier < migrations.Count; earlier++)
        {
            if (Directory.Exists(options.FullDirectory)) Directory.Delete(options.FullDirectory, recursive: true);
            await MakeAsync(migrations[earlier]);

            await UpgradeAsync();

            await using var db = contexts.CreateDbContext();
            (await db.Database.GetAppliedMigrationsAsync()).ShouldBe(migrations);
            (await db.Set<Team>().SingleAsync()).Name.ShouldBe("Kept");
            File.Exists(Copy).ShouldBeFalse();
            DataFeature.ClearPool(options.DatabaseFile);
        }
    }

    [Fact]
    public async Task An_upgrade_killed_in_the_middle_starts_again_from_the_copy()
    {
        await MakeAsync(contexts.CreateDbContext().Database.GetMigrations().First());
        DataFeature.ClearPool(options.DatabaseFile);
        File.Copy(options.DatabaseFile, Copy);
        await using (var db = contexts.CreateDbContext())
        {
            // What a killed upgrade may leave: half a schema, EF's own lock, rows already changed.
            await db.Database.ExecuteSqlRawAsync(
                "DROP TABLE Projects; UPDATE Teams SET Name = 'Half'; CREATE TABLE IF NOT EXISTS __EFMigrationsLock (Id INTEGER PRIMARY KEY, Timestamp TEXT); INSERT OR REPLACE INTO __EFMigrationsLock VALUES (1, '2020-01-01');");
        }

        await UpgradeAsync();

        await using var after = contexts.CreateDbContext();
        (await after.Set<Team>().SingleAsync()).Name.ShouldBe("Kept");
        (await after.Database.GetPendingMigrationsAsync()).ShouldBeEmpty();
        File.Exists(Copy).ShouldBeFalse();
    }

    [Fact]
    public async Task A_lock_row_that_a_killed_process_left_does_not_stop_the_start()
    {
        await MakeAsync(contexts.CreateDbContext().Database.GetMigrations().First());
        await using (var db = contexts.CreateDbContext())
        {
            await db.Database.ExecuteSqlRawAsync(
                "CREATE TABLE IF NOT EXISTS __EFMigrationsLock (Id INTEGER PRIMARY KEY, Timestamp TEXT); INSERT OR REPLACE INTO __EFMigrationsLock VALUES (1, '2020-01-01');");
        }

        await UpgradeAsync().WaitAsync(TimeSpan.FromMinutes(2));

        await using var after = contexts.CreateDbContext();
        (await after.Database.GetPendingMigrationsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Processes_that_start_together_upgrade_once()
    {
        await MakeAsync(contexts.CreateDbContext().Database.GetMigrations().First());

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(UpgradeAsync)));

        await using var db = contexts.CreateDbContext();
        (await db.Database.GetPendingMigrationsAsync()).ShouldBeEmpty();
        (await db.Set<Team>().SingleAsync()).Name.ShouldBe("Kept");
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_left_alone()
    {
        await UpgradeAsync();
        await using (var db = contexts.CreateDbContext())
        {
            await db.Database.ExecuteSqlRawAsync("INSERT INTO __EFMigrationsHistory VALUES ('29990101000000_FromTheFuture', '10.0.0')");
        }

        var refusal = await Should.ThrowAsync<DatabaseUpgradeException>(UpgradeAsync);

        refusal.Message.ShouldContain("newer version");
    }

    private async Task MakeAsync(string migration)
    {
        Directory.CreateDirectory(options.FullDirectory);
        await using var db = contexts.CreateDbContext();
        await db.Database.MigrateAsync(migration);
        db.Add(new Team { Name = "Kept", Slug = "kept", CreatedAt = TimeProvider.System.GetUtcNow() });
        await db.SaveChangesAsync();
    }

    private Task UpgradeAsync() =>
        new DatabaseUpgrade(contexts, Options.Create(options), NullLogger<DatabaseUpgrade>.Instance).RunAsync(CancellationToken.None);

    public void Dispose()
    {
        DataFeature.ClearPool(options.DatabaseFile);
        Directory.Delete(directory, recursive: true);
    }

    private sealed class Contexts(string file) : IDbContextFactory<PortalDb>
    {
        public PortalDb CreateDbContext()
        {
            var builder = new DbContextOptionsBuilder<PortalDb>();
            DataFeature.Configure(builder, file);
            return new PortalDb(builder.Options);
        }
    }
}
