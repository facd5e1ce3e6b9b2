using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Threading.RateLimiting;
using GitLabPortal.Data;
using GitLabPortal.Security;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Repositories;

/// <summary>
/// What GitLab posts to a hook's address. Whoever knows the secret is answered 202, whatever was sent; everybody else 401, the same for
/// a hook that does not exist, and is slowed down by where they come from.
/// </summary>
internal sealed partial class ReceiveDelivery(
    IDbContextFactory<PortalDb> contexts, SecretProtector secrets, HookInbox inbox, HookFeed feed, TimeProvider time, ILogger<ReceiveDelivery> logger) : IDisposable
{
    public const string Route = "/hooks/gitlab/{hookId}";

    /// <summary>Bytes. What the catalogue cares about has one or two thousand; whatever is larger is about something else.</summary>
    public const int MaxBody = 64 * 1024;

    private const int RefusalsPerMinute = 60;
    private const int MaxDeliveryId = 100;

    private static readonly TimeSpan LongestBody = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan NoteRefusalEvery = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<Guid, DateTimeOffset> noted = new();

    /// <summary>Stands in for the secret of a hook that does not exist, so that the answer takes as long.</summary>
    private readonly string decoy = secrets.Protect(HookSecrets.NewRoot(), HookSecrets.Row(Guid.Empty)).CipherText;

    private readonly PartitionedRateLimiter<string> refusals = PartitionedRateLimiter.Create<string, string>(
        source => RateLimitPartition.GetFixedWindowLimiter(source, _ => new FixedWindowRateLimiterOptions
        {
            PermitLimit = RefusalsPerMinute,
            Window = TimeSpan.FromMinutes(1),
        }),
        StringComparer.Ordinal);

    /// <returns>The status to answer with.</returns>
    public async Task<int> RunAsync(string hookId, HttpContext context, CancellationToken cancellationToken)
    {
        var source = SourceOf(context.Connection.RemoteIpAddress);
        using (var free = refusals.AttemptAcquire(source, permitCount: 0))
        {
            if (!free.IsAcquired) return StatusCodes.Status429TooManyRequests;
        }

        var request = context.Request;
        var hook = await FindAsync(hookId, cancellationToken);
        if (hook is null || !hook.Secrets.IsToken(request.Headers["X-Gitlab-Token"].ToString())) return await RefuseAsync(hook, source, cancellationToken);

        // Pushes of a thousand commits, if somebody switched them on. Known to be GitLab's unless it signs, and without effect in any case.
        if (request.ContentLength > MaxBody || await ReadAsync(request, cancellationToken) is not { } body) return StatusCodes.Status202Accepted;

        var headers = request.Headers;
        var (id, timestamp) = (headers["webhook-id"].ToString(), headers["webhook-timestamp"].ToString());
        if (hook.IsSigned && !hook.Secrets.IsSigned(id, timestamp, headers["webhook-signature"].ToString(), body.Span, time.GetUtcNow()))
            return await RefuseAsync(hook, source, cancellationToken);

        await inbox.TakeAsync(hook.Id, DeliveryIdOf(hook.IsSigned ? id : headers["Idempotency-Key"].ToString(), headers["X-Gitlab-Event-UUID"].ToString(), body), HookMessage.Read(body), cancellationToken);
        return StatusCodes.Status202Accepted;
    }

    public void Dispose() => refusals.Dispose();

    private async Task<KnownHook?> FindAsync(string hookId, CancellationToken cancellationToken)
    {
        var id = Guid.TryParseExact(hookId, "N", out var parsed) ? parsed : Guid.Empty;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var row = await db.Set<SystemHook>().AsNoTracking()
            .Where(h => h.Id == id)
            .Select(h => new { h.ProtectedSecret, h.IsSigned, h.ConnectionId })
            .SingleOrDefaultAsync(cancellationToken);
        var root = secrets.Reveal(row?.ProtectedSecret ?? decoy, HookSecrets.Row(row is null ? Guid.Empty : id));
        return row is null || root is null ? null : new KnownHook(id, row.ConnectionId, row.IsSigned, new HookSecrets(root));
    }

    private async Task<int> RefuseAsync(KnownHook? hook, string source, CancellationToken cancellationToken)
    {
        refusals.AttemptAcquire(source).Dispose();
        var now = time.GetUtcNow();
        if (hook is null || (noted.TryGetValue(hook.Id, out var last) && now - last < NoteRefusalEvery)) return StatusCodes.Status401Unauthorized;

        // For the card: GitLab has another secret than the portal, or its clock is wrong.
        noted[hook.Id] = now;
        LogRefused(hook.Id);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.Set<SystemHook>().Where(h => h.Id == hook.Id).ExecuteUpdateAsync(h => h.SetProperty(x => x.RefusedAt, now), cancellationToken);
        feed.Publish(new HookChanged(hook.Id, hook.ConnectionId));
        return StatusCodes.Status401Unauthorized;
    }

    /// <summary>Null when it is too long or does not come to an end in time.</summary>
    private static async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var reader = request.BodyReader;
        using var limit = new CancellationTokenSource(LongestBody);
        // Unlike a cancelled token, this leaves the connection in order.
        await using var ending = limit.Token.Register(reader.CancelPendingRead);
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync(cancellationToken);
                if (read.IsCanceled || read.Buffer.Length > MaxBody)
                {
                    reader.AdvanceTo(read.Buffer.End);
                    return null;
                }

                if (read.IsCompleted)
                {
                    var body = read.Buffer.ToArray();
                    reader.AdvanceTo(read.Buffer.End);
                    return body;
                }

                reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }
        }
        catch (Exception e) when (e is IOException or BadHttpRequestException)
        {
            return null;
        }
    }

    /// <summary>
    /// Before 17.4 GitLab sends no number of its own for a delivery. The one of the event does not do alone: all that one request
    /// causes has the same.
    /// </summary>
    private static string DeliveryIdOf(string own, string eventId, ReadOnlyMemory<byte> body)
    {
        if (own.Length is > 0 and <= MaxDeliveryId) return own;
        return "sha256-" + Convert.ToHexStringLower(SHA256.HashData([.. Encoding.UTF8.GetBytes(own + eventId), .. body.Span]));
    }

    /// <summary>An IPv6 customer has a whole /64 to choose addresses from.</summary>
    private static string SourceOf(IPAddress? address) => address switch
    {
        null => "",
        { IsIPv4MappedToIPv6: true } => address.MapToIPv4().ToString(),
        { AddressFamily: AddressFamily.InterNetworkV6 } => Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)),
        _ => address.ToString(),
    };

    private sealed record KnownHook(Guid Id, Guid ConnectionId, bool IsSigned, HookSecrets Secrets);

    [LoggerMessage(LogLevel.Warning, "A delivery to the system hook {HookId} came with a wrong secret or signature and was refused")]
    private partial void LogRefused(Guid hookId);
}

internal static class DeliveryEndpoint
{
    public static void MapDeliveries(this IEndpointRouteBuilder routes) =>
        routes.MapPost(ReceiveDelivery.Route, async (string hookId, HttpContext context, ReceiveDelivery receive) =>
                await receive.RunAsync(hookId, context, context.RequestAborted) switch
                {
                    StatusCodes.Status202Accepted => Results.StatusCode(StatusCodes.Status202Accepted),
                    StatusCodes.Status429TooManyRequests => Results.Text("Too many wrong deliveries.", statusCode: StatusCodes.Status429TooManyRequests),
                    _ => Results.Text("Not accepted.", statusCode: StatusCodes.Status401Unauthorized),
                })
            .AllowAnonymous()
            .DisableAntiforgery();
}
