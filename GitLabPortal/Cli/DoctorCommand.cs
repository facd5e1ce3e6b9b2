using System.CommandLine;
using GitLabPortal.Connections;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Cli;

/// <summary><c>doctor</c>: the checks of the wizard without a portal, a database or a browser.</summary>
internal static class DoctorCommand
{

    public static Command Create(CommandRunner runner)
    {
        var url = new Argument<string?>("url") { Description = "Any address of a GitLab server; without one the portal's own configuration is checked", Arity = ArgumentArity.ZeroOrOne };
        var token = new Option<string?>("--token-file") { Description = "A file with an access token to check too, or - for standard input" };
        var authorities = new Option<string?>("--ca-file") { Description = "A PEM file with certificate authorities to trust for this run" };
        var plainHttp = new Option<bool>("--plain-http") { Description = "Accept http:// addresses in private networks, where a token travels unencrypted" };
        var readOnly = new Option<bool>("--read-only") { Description = "Judge the token as one that shall only read" };
        var report = new Option<bool>("--report") { Description = "Write a text for your GitLab admin instead; it holds no secret" };
        var command = new Command("doctor", "Find out why a GitLab server cannot be connected, and who can fix it. Exit codes: 0 nothing failed, 1 something failed, 2 wrong usage.")
        {
            url, token, authorities, plainHttp, readOnly, report,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(url) is ['-', ..] option) result.AddError($"{option} is no option of this command.");
            if (result.GetValue(url) is null && (result.GetValue(token) ?? result.GetValue(authorities)) is not null)
                result.AddError("Give the address of the server that the token or the authority is for.");
        });
        return runner.Runs(
            command,
            async (parsed, services, cancellationToken) =>
            {
                if (parsed.GetValue(url) is not { } address)
                    return Output(await services.GetRequiredService<PortalChecks>().RunAsync(cancellationToken), null, null, services, parsed.GetValue(report));

                var path = await PathAsync(parsed.GetValue(authorities), parsed.GetValue(plainHttp), runner.Console, cancellationToken);
                if (!path.IsSuccess) return path.Problem;
                Secret? secret = null;
                if (parsed.GetValue(token) is { } source)
                {
                    var read = await SecretInput.ReadAsync(source, "token", runner.Console, cancellationToken);
                    if (!read.IsSuccess) return read.Problem;
                    secret = new Secret(read.Value);
                }

                var seen = secret is null
                    ? new(await services.GetRequiredService<ServerProbe>().RunAsync(address, path.Value, progress: null, cancellationToken), null)
                    : await services.GetRequiredService<WholeCheck>().RunAsync(
                        address, path.Value, found => new(found, secret, parsed.GetValue(readOnly), path.Value, ConnectionCoverage.Everything), progress: null, cancellationToken);
                return Output(seen.Findings, address, seen.Server.Address, services, parsed.GetValue(report));
            },
            DatabaseNeed.None);
    }

    private static async Task<Result<NetworkPath>> PathAsync(string? authorities, bool plainHttp, CommandConsole console, CancellationToken cancellationToken)
    {
        if (authorities is null) return NetworkPath.For(plainHttp);
        var pem = await SecretInput.ReadAsync(authorities, "certificate authority", console, cancellationToken);
        if (!pem.IsSuccess) return pem.Problem;
        var read = TrustedAuthorities.Parse(pem.Value, TimeProvider.System);
        return read.IsSuccess ? NetworkPath.For(plainHttp, read.Value) : read.Problem;
    }

    private static CommandOutput Output(IReadOnlyList<Finding> findings, string? asked, InstanceUrl? address, IServiceProvider services, bool isReport)
    {
        var portal = services.GetRequiredService<IOptions<PortalOptions>>().Value;
        var report = DiagnosisReport.Write(findings, address, portal, services.GetRequiredService<TimeProvider>().GetUtcNow());
        var failed = findings.FirstOrDefault(f => f.Status is FindingStatus.Failed);
        var data = new
        {
            Ok = failed is null,
            Address = address?.BaseUrl,
            Findings = findings.Select(ReadableFinding.Of),
            Report = isReport ? report : null,
        };
        var contact = failed is not null && portal.SupportContact.Length > 0 ? $" Stuck? Ask {portal.SupportContact}." : "";
        return new CommandOutput(
            data,
            isReport ? [report.TrimEnd()] : CommandForm.Lines(findings),
            failed is null ? null : new Problem.Invalid(failed.Code, $"{(asked is null ? "The portal's configuration" : address?.BaseUrl ?? "This address")}: {failed.Title}.{contact}"));
    }
}
