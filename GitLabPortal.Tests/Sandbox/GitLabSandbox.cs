using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>
/// A GitLab server double that speaks real HTTP on loopback. Disposing it fails the test when a route was called that
/// neither GitLab nor the test knows.
/// </summary>
public sealed class GitLabSandbox : IAsyncDisposable
{
    private readonly GitLabSandboxBuilder _settings;
    private readonly ServerIdentity _server;
    private readonly DeclaredPaths _declared = new();
    private readonly SemaphoreSlim _workers;
    private WebApplication? _app;
    private CancellationTokenSource _stopping = new();
    private int _disposed;
    private bool _judgesRoutes = true;

    private GitLabSandbox(GitLabSandboxBuilder settings, SandboxWorld world, ServerIdentity server)
    {
        _settings = settings;
        _workers = new SemaphoreSlim(settings.Workers);
        _server = server;
        World = world;
        Hooks = server.Hooks = new HookSender(world, server);
    }

    /// <summary>Where the server listens, with the relative root.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>What the server believes its address to be.</summary>
    public string ExternalUrl { get; private set; } = "";
    public SandboxWorld World { get; }
    public SandboxFaults Faults { get; } = new();
    public SandboxRequests Requests { get; } = new();

    /// <summary>Deliveries of system hooks.</summary>
    public HookSender Hooks { get; }

    /// <summary>A server of this version, such as "18.9.0-ee" or "13.12.15".</summary>
    public static GitLabSandboxBuilder Version(string version) => new(version);

    public static GitLabSandboxBuilder WithProjects(int count, int seed = 1) => new GitLabSandboxBuilder().WithProjects(count, seed);

    public static Task<GitLabSandbox> StartAsync() => new GitLabSandboxBuilder().StartAsync();

    /// <summary>The test asks for this path although GitLab has no such route.</summary>
    public void Declare(string path) => _declared.Add(path);

    /// <param name="path">Below the relative root, such as "/api/v4/user".</param>
    public Uri At(string path) => new(Url.AbsoluteUri.TrimEnd('/') + path);

    /// <summary>The server is gone: connections are cut and new ones refused. The world stays as it is.</summary>
    public async Task GoDownAsync()
    {
        if (_app is not { } app)
            return;
        _app = null;
        await _stopping.CancelAsync();
        await app.StopAsync();
        await app.DisposeAsync();
        _stopping.Dispose();
        _stopping = new CancellationTokenSource();
    }

    /// <summary>Back at the same address.</summary>
    public Task ComeBackAsync() => _app is null ? ListenAsync(Url.Port) : Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
            return;

        await GoDownAsync();
        await Hooks.DisposeAsync();
        _stopping.Dispose();
        _workers.Dispose();
        World.Dispose();
        if (_judgesRoutes && Requests.Undeclared is { Count: > 0 } undeclared)
            throw new UndeclaredRouteException(undeclared);
    }

    /// <summary>Writes what this token is shown before it asks.</summary>
    internal void Prepare(SandboxToken token) => PreparedProjects.Prepare(World, _server, token);

    internal void ForgetUndeclared() => _judgesRoutes = false;

    internal static async Task<GitLabSandbox> StartAsync(GitLabSandboxBuilder settings)
    {
        var release = new GitLabRelease(settings.VersionText);
        var world = new SandboxWorld(release, settings.Clock, settings.SecretSeed);
        world.Settings.AdminMode = settings.AdminMode;
        if (settings.Limit is { } limit)
            world.Settings.Throttle = new SandboxThrottle(limit, TimeSpan.FromMinutes(10));
        if (settings.ProjectCount > 0)
            new ProjectGenerator(world, settings.ProjectSeed).Generate(settings.ProjectCount);

        var sandbox = new GitLabSandbox(settings, world, new ServerIdentity(release, settings.RelativeRoot));
        await sandbox.ListenAsync(settings.Port);
        return sandbox;
    }

    private async Task ListenAsync(int port)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        if (_settings.Certificate is not null)
            builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            options.Limits.MaxRequestLineSize = 64 * 1024;
            // As bytes, so that a token with odd characters can be refused as GitLab does.
            options.RequestHeaderEncodingSelector = static _ => System.Text.Encoding.Latin1;
            options.Listen(System.Net.IPAddress.Loopback, port, listen =>
            {
                if (_settings.Certificate is { } certificate)
                    listen.UseHttps(certificate);
            });
        });
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(static options => options.ShutdownTimeout = TimeSpan.FromSeconds(1));

        var app = builder.Build();
        var pipeline = new RequestPipeline(World, _server, Faults, Requests, _declared, _settings.Latency, _workers);
        var stopping = _stopping.Token;
        app.Run(context => pipeline.HandleAsync(context, stopping));
        await app.StartAsync();
        _app = app;

        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        Url = new Uri(address + _settings.RelativeRoot);
        _server.ExternalUrl = (_settings.ExternalUrl ?? Url.AbsoluteUri).TrimEnd('/');
        ExternalUrl = _server.ExternalUrl;
    }

    /// <summary>The default one would take Ctrl-C and SIGTERM away from the process that the sandbox lives in.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
