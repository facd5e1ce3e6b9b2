using Quartz;

namespace GitLabPortal.Scheduling;

public static class SchedulingFeature
{
    /// <summary>So many servers of one kind of work at once.</summary>
    private const int ServersAtOnce = 2;

    /// <summary>Enough for every kind of work to have its servers and to look into its plan meanwhile.</summary>
    private const int JobsAtOnce = 16;

    /// <summary>What happens at times. It begins when the portal is up; a command has no host and therefore no schedule.</summary>
    public static IServiceCollection AddScheduling(this IServiceCollection services)
    {
        services.AddQuartz(SetUp);
        services.AddQuartzHostedService(hosted => hosted.WaitForJobsToComplete = true);
        services.AddSingleton<Schedule>();
        return services;
    }

    /// <summary>In memory: what is due stands in the database, and a start finds it there.</summary>
    internal static void SetUp(IQuartzBuilder quartz)
    {
        quartz.UseInMemoryStore();
        quartz.UseDefaultThreadPool(JobsAtOnce);
        quartz.UseExecutionLimits(limits => limits.ForOtherGroups(ServersAtOnce));
        quartz.ConfigureScheduler(scheduler =>
        {
            // Quartz wants names to be unique in the process, where tests have many portals.
            scheduler.InstanceName = $"portal-{Guid.NewGuid():N}";
            scheduler.ShutdownJobInterruption = ShutdownJobInterruption.Always;
            scheduler.PropagateTraceContext = false;
        });
    }
}
