using System.Security.Cryptography.X509Certificates;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>How the sandbox server is installed. Everything has a default: the newest widespread version, no projects, any free port.</summary>
public sealed class GitLabSandboxBuilder
{
    internal GitLabSandboxBuilder(string version = "18.9.0-ee") => VersionText = version;

    internal string VersionText { get; private set; }
    internal int ProjectCount { get; private set; }
    internal int ProjectSeed { get; private set; } = 1;
    internal string RelativeRoot { get; private set; } = "";
    internal string? ExternalUrl { get; private set; }
    internal X509Certificate2? Certificate { get; private set; }
    internal int Port { get; private set; }
    internal TimeSpan Latency { get; private set; }
    internal int Workers { get; private set; } = int.MaxValue;
    internal int? Limit { get; private set; }
    internal bool AdminMode { get; private set; }
    internal TimeProvider Clock { get; private set; } = TimeProvider.System;
    internal string? SecretSeed { get; private set; }

    public GitLabSandboxBuilder Version(string version) => With(() => VersionText = version);

    /// <summary>A believable server with this many projects; the same seed makes the same ones.</summary>
    public GitLabSandboxBuilder WithProjects(int count, int seed = 1) => With(() => (ProjectCount, ProjectSeed) = (count, seed));

    /// <param name="root">Such as "/gitlab" or "/tools/gitlab".</param>
    public GitLabSandboxBuilder WithRelativeRoot(string root) => With(() => RelativeRoot = root.Trim('/') is { Length: > 0 } path ? "/" + path : "");

    /// <summary>HTTPS with this certificate, private key included.</summary>
    public GitLabSandboxBuilder WithTls(X509Certificate2 certificate) => With(() => Certificate = certificate);

    /// <summary>The external_url of the installation when it differs from the address that is dialled; with the relative root.</summary>
    public GitLabSandboxBuilder WithExternalUrl(string url) => With(() => ExternalUrl = url);

    public GitLabSandboxBuilder WithPort(int port) => With(() => Port = port);

    /// <summary>Added to every answer.</summary>
    public GitLabSandboxBuilder WithLatency(TimeSpan latency) => With(() => Latency = latency);

    /// <summary>So many requests are worked on at once; others wait, as they do for Puma's threads.</summary>
    public GitLabSandboxBuilder WithWorkers(int count) => With(() => Workers = count);

    /// <summary>So many requests of one person in ten minutes; 2,000 is what new servers allow for the list of projects.</summary>
    public GitLabSandboxBuilder WithLimit(int requests) => With(() => Limit = requests);

    public GitLabSandboxBuilder WithAdminMode() => With(() => AdminMode = true);

    public GitLabSandboxBuilder WithTimeProvider(TimeProvider clock) => With(() => Clock = clock);

    /// <summary>Token secrets that are the same in every run, for a sandbox in its own process.</summary>
    internal GitLabSandboxBuilder WithFixedSecrets() => With(() => SecretSeed = "fixed");

    public Task<GitLabSandbox> StartAsync() => GitLabSandbox.StartAsync(this);

    private GitLabSandboxBuilder With(Action set)
    {
        set();
        return this;
    }
}
