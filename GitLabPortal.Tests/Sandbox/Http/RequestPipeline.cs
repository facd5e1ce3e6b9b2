using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>One request through the layers of a GitLab server: proxy, Workhorse, Rails middleware, routing, authentication, handler.</summary>
internal sealed class RequestPipeline(
    SandboxWorld world, ServerIdentity server, SandboxFaults faults, SandboxRequests log, DeclaredPaths declared, TimeSpan latency, SemaphoreSlim workers)
{
    private readonly Authentication _authentication = new(world, server);
    private readonly WebPages _web = new(world, server, new GitTransport(world, new Authentication(world, server)), new OAuthPages(world, server), new BrowserPages(world, server));

    public async Task HandleAsync(HttpContext context, CancellationToken stopping)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        var started = Stopwatch.GetTimestamp();
        var request = await ReceivedRequest.ReadAsync(context, server.RelativeRoot, ended.Token);
        var parameters = Parameters.Of(request);
        // Together: who sees the request in the log knows that its fault is used up, even if the client goes away the next moment.
        var active = faults.Take(request.Method, request.Path ?? request.FullPath, request.RawQuery);
        var entry = Log(request, parameters, active);
        var isServed = false;
        try
        {
            await workers.WaitAsync(ended.Token);
            isServed = true;
            var delay = active.Aggregate(latency, (sum, fault) => sum + fault.DelayBefore);
            if (delay > TimeSpan.Zero)
                await Task.Delay(delay, ended.Token);

            var skew = active.Aggregate(TimeSpan.Zero, (sum, fault) => sum + fault.ClockSkewBy);
            var answer = active.FirstOrDefault(f => f.Replace is not null)?.Replace!(request, world.Now) ?? Answer(request, parameters, active);
            if (answer.Before is { } first)
                await first(ended.Token);
            var writer = new AnswerWriter(context, server.Release, world.Now + skew, status => entry.Status = status);
            if (active.FirstOrDefault(f => f.Deliver is not null)?.Deliver is { } deliver)
                await deliver(writer, answer, ended.Token);
            else
                await writer.SendAsync(answer, ended.Token);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The client went away or the sandbox is being disposed: no answer, rather than an empty one that looks fine.
            context.Abort();
        }
        finally
        {
            if (isServed)
                workers.Release();
            entry.Duration = Stopwatch.GetElapsedTime(started);
        }
    }

    private Answer Answer(ReceivedRequest request, Parameters parameters, IReadOnlyList<Fault> active)
    {
        var circumstances = active.Aggregate(Circumstance.None, (all, fault) => all | fault.Circumstance);
        if (request.Path is null)
            return Sandbox.Answer.Text(404, $"Not found \"{request.FullPath}\"", "text/plain; charset=utf-8", AnswerSource.Workhorse);
        if (circumstances.HasFlag(Circumstance.ProxyDecodesSlashes))
            request = request.WithPath(request.Path.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase));
        if (parameters.AreMalformed || IsMalformed(request.Headers.Authorization.ToString()) || IsMalformed(request.Headers["PRIVATE-TOKEN"].ToString()))
            return Answers.Malformed();
        if (!request.IsRead && Maintenance.Refuse(request, world, server, circumstances) is { } refusal)
            return refusal;

        if (world.Settings.Throttle is { } throttle && throttle.Refuse(CallerOf(request, parameters), world.Now) is { } tooMany)
            return tooMany;

        var answer = AnswerInWorld(request, parameters, circumstances);
        if (world.Settings.Throttle is { } passed && server.Release.Has(Capability.RateLimitHeadersEverywhere))
            passed.Describe(answer, CallerOf(request, parameters), world.Now);
        return answer;
    }

    private string CallerOf(ReceivedRequest request, Parameters parameters) =>
        world.Read(() => _authentication.Identify(request, parameters))?.User.Username ?? "";

    private Answer AnswerInWorld(ReceivedRequest request, Parameters parameters, Circumstance circumstances) =>
        // A handler sees one state of the world; only writes exclude each other. Asking for consent opens sessions and grants.
        request.IsRead && request.Path != "/oauth/authorize"
            ? world.Read(() => Route(request, parameters, circumstances))
            : world.Write(() => Route(request, parameters, circumstances));

    private Answer Route(ReceivedRequest request, Parameters parameters, Circumstance circumstances)
    {
        if (!request.IsApi)
            return _web.Handle(request, parameters) ?? Undeclared(request, Sandbox.Answer.Html(404, Pages.NotFound));

        var segments = request.Path!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var version = segments.Length > 1 ? segments[1] : "";
        var rest = segments.Length > 2 ? segments[2..] : [];
        if (version == "v3" && rest is not ["user"])
            return Answers.VersionThreeIsGone();
        if (version is not ("v3" or "v4"))
            return Undeclared(request, Answers.UnknownRoute());

        var match = RouteTable.Find(request.Method, rest, server.Release);
        if (match.Route is null)
        {
            if (match.AllowedVerbs.Count > 0)
                return Answers.WrongVerb(match.AllowedVerbs);
            return match.IsKnownSomewhere || circumstances.HasFlag(Circumstance.ProxyDecodesSlashes)
                ? Answers.UnknownRoute()
                : Undeclared(request, Answers.UnknownRoute());
        }

        return _authentication.Check(request, parameters, match.Route, circumstances, out var caller)
            ?? match.Route.Handle(new ApiCall(request, parameters, world, server, caller, match.Values));
    }

    private Answer Undeclared(ReceivedRequest request, Answer answer)
    {
        if (!declared.Covers(request.Path!))
            log.AddUndeclared($"{request.Method} {request.Path}");
        return answer;
    }

    // Headers are read as Latin-1, so that bytes which are no UTF-8 arrive here at all.
    private static bool IsMalformed(string header)
    {
        if (System.Text.Ascii.IsValid(header))
            return header.Contains('\0', StringComparison.Ordinal);
        return !System.Text.Unicode.Utf8.IsValid(Encoding.Latin1.GetBytes(header));
    }

    private LoggedRequest Log(ReceivedRequest request, Parameters parameters, IReadOnlyList<Fault> active)
    {
        var entry = new LoggedRequest
        {
            Number = log.NextNumber(),
            At = world.Now,
            Method = request.Method,
            Path = request.Path ?? request.FullPath,
            FullPath = request.FullPath,
            Query = SecretParameters.Hide(request.RawQuery),
            Scheme = request.Scheme,
            Host = request.Host,
            UserAgent = request.Headers.UserAgent.ToString(),
            ContentType = request.ContentType,
            TokenId = world.Read(() => _authentication.Identify(request, parameters))?.Id,
            SentAs = Authentication.SentAs(request, parameters),
            Fault = active.Count == 0 ? null : string.Join(", ", active),
        };
        log.Add(entry);
        return entry;
    }
}
