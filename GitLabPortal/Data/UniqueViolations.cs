using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Data;

public static class UniqueViolations
{
    private const int ConstraintUnique = 2067;
    private const int ConstraintPrimaryKey = 1555;

    /// <summary>Somebody saved the same thing first: a unique index settled the race.</summary>
    public static bool IsUniqueViolation(this DbUpdateException e) =>
        e.InnerException is SqliteException { SqliteExtendedErrorCode: ConstraintUnique or ConstraintPrimaryKey };
}
