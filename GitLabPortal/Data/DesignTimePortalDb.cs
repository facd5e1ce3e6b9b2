using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace GitLabPortal.Data;

/// <summary>How <c>dotnet ef</c> makes a context; see the README on migrations.</summary>
internal sealed class DesignTimePortalDb : IDesignTimeDbContextFactory<PortalDb>
{
    public PortalDb CreateDbContext(string[] args)
    {
        var options = new DbContextOptionsBuilder<PortalDb>();
        DataFeature.Configure(options, "design-time.db");
        return new PortalDb(options.Options);
    }
}
