using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using GitLabPortal.Security;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Security;

public sealed class GuardedHttpTests
{
    private static CancellationToken None => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("①②⑦.⓪.⓪.①")]
    [InlineData("１２７.0.0.1")]
    public async Task Digits_of_other_scripts_are_a_name_that_does_not_exist(string host)
    {
        using var outbound = new TestOutbound();
        using var client = outbound.Http.Own(PlainHttp.Anywhere);

        (await Should.ThrowAsync<OutboundConnectException>(() => client.GetAsync(new Uri($"https://{host}/"), None))).Failure.ShouldBe(ConnectFailure.NameNotFound);

        outbound.Dialled.ShouldBeEmpty();
    }

    [Fact]
    public async Task Judges_again_when_a_name_changes_between_two_requests()
    {
        var answers = new Queue<string>(["127.0.0.2", "169.254.169.254"]);
        using var outbound = new TestOutbound("127.0.0.2");
        outbound.Name("flip.example", () => [IPAddress.Parse(answers.Dequeue())]);
        outbound.Dial = (_, _) => throw new SocketException((int)SocketError.ConnectionRefused);
        using var client = outbound.Http.Own();

        await Should.ThrowAsync<OutboundConnectException>(() => client.GetAsync(new Uri("https://flip.example/"), None));
        await Should.ThrowAsync<OutboundRefusedException>(() => client.GetAsync(new Uri("https://flip.example/"), None));

        outbound.Dialled.ShouldBe([new IPEndPoint(IPAddress.Parse("127.0.0.2"), 443)]);
    }

    [Fact]
    public async Task Dials_the_vetted_addresses_in_order_until_one_works()
    {
        using var outbound = new TestOutbound().Name("git.example", "10.0.0.1", "10.0.0.2", "10.0.0.3");
        outbound.Dial = (endPoint, _) => endPoint.Address.ToString() == "10.0.0.2"
            ? Task.FromResult<Stream>(new CannedStream("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
            : throw new SocketException((int)SocketError.ConnectionRefused);
        using var client = outbound.Http.Own(PlainHttp.ToPrivateAddresses);

        (await client.GetStringAsync(new Uri("http://git.example:8080/"), None)).ShouldBe("ok");

        outbound.Dialled.Select(e => e.ToString()).ShouldBe(["10.0.0.1:8080", "10.0.0.2:8080"]);
        outbound.Asked.ShouldBe(["git.example"]);
    }

    [Theory]
    [InlineData("10.0.0.1", PlainHttp.Never, OutboundRules.PlainHttpWithoutConsent)]
    [InlineData("93.184.216.34", PlainHttp.Never, OutboundRules.PlainHttpToPublic)]
    [InlineData("93.184.216.34", PlainHttp.ToPrivateAddresses, OutboundRules.PlainHttpToPublic)]
    [InlineData("10.0.0.1,93.184.216.34", PlainHttp.ToPrivateAddresses, OutboundRules.PlainHttpToPublic)]
    public async Task Plain_http_needs_consent_and_a_private_network(string addresses, PlainHttp plainHttp, string rule)
    {
        using var outbound = new TestOutbound().Name("git.example", addresses.Split(','));
        using var client = outbound.Http.Own(plainHttp);

        (await Should.ThrowAsync<OutboundRefusedException>(() => client.GetAsync(new Uri("http://git.example/"), None))).Rule.ShouldBe(rule);

        outbound.Dialled.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_connection_that_is_reset_before_its_first_use_is_an_error_of_the_network()
    {
        await using var resetting = TestListener.Resetting();
        using var outbound = TestOutbound.ToLoopback().Name("git.example", "127.0.0.1");
        outbound.Dial = async (endPoint, cancellation) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(endPoint, cancellation);
            // Readable means that the reset has arrived: the socket has no far end any more.
            while (!socket.Poll(TimeSpan.FromMilliseconds(50), SelectMode.SelectRead)) cancellation.ThrowIfCancellationRequested();
            return new NetworkStream(socket, ownsSocket: true);
        };
        using var client = outbound.Http.Own(PlainHttp.ToPrivateAddresses);

        var error = await Should.ThrowAsync<HttpRequestException>(() => client.GetAsync(new Uri($"http://git.example:{resetting.Port}/"), None));

        error.HttpRequestError.ShouldBe(HttpRequestError.ConnectionError);
    }

    [Fact]
    public async Task Does_not_follow_redirects_and_keeps_no_cookies()
    {
        using var outbound = new TestOutbound().Name("git.example", "10.0.0.1");
        List<string> sent = [];
        outbound.Dial = (_, _) => Task.FromResult<Stream>(new CannedStream(
            "HTTP/1.1 302 Found\r\nLocation: http://git.example/next\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", sent.Add));
        using var client = outbound.Http.Own(PlainHttp.ToPrivateAddresses);

        for (var i = 0; i < 2; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "http://git.example/");
            request.Headers.Add("PRIVATE-TOKEN", "glpat-secret");
            using var answer = await client.SendAsync(request, None);
            answer.StatusCode.ShouldBe(HttpStatusCode.Found);
        }

        sent.Count.ShouldBe(2);
        sent.ShouldAllBe(text => text.StartsWith("GET / ") && !text.Contains("Cookie:"));
    }

    [Fact]
    public async Task Limits_answers_after_decompression()
    {
        var options = new OutboundOptions { MaxResponseBytes = 100_000 };
        using var outbound = new TestOutbound(options).Name("git.example", "10.0.0.1");
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true)) await gzip.WriteAsync(new byte[5_000_000], None);
        packed.Length.ShouldBeLessThan(100_000);
        outbound.Dial = (_, _) => Task.FromResult<Stream>(new CannedStream(
            [.. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {packed.Length}\r\n\r\n"), .. packed.ToArray()]));
        using var client = outbound.Http.Own(PlainHttp.ToPrivateAddresses);

        var refused = await Should.ThrowAsync<HttpRequestException>(() => client.GetAsync(new Uri("http://git.example/"), None));

        refused.HttpRequestError.ShouldBe(HttpRequestError.ConfigurationLimitExceeded);
    }

    [Theory]
    [InlineData(SocketError.HostNotFound, ConnectFailure.NameNotFound)]
    [InlineData(SocketError.NoData, ConnectFailure.NameNotFound)]
    [InlineData(SocketError.TryAgain, ConnectFailure.NameServerTrouble)]
    [InlineData(SocketError.NoRecovery, ConnectFailure.NameServerTrouble)]
    public async Task Tells_a_missing_name_from_a_name_server_in_trouble(SocketError error, ConnectFailure failure)
    {
        using var outbound = new TestOutbound().Name("git.example", () => throw new SocketException((int)error));
        using var client = outbound.Http.Own();

        (await Should.ThrowAsync<OutboundConnectException>(() => client.GetAsync(new Uri("https://git.example/"), None))).Failure.ShouldBe(failure);
    }

    [Theory]
    [InlineData(SocketError.ConnectionRefused, ConnectFailure.Refused)]
    [InlineData(SocketError.HostUnreachable, ConnectFailure.Unreachable)]
    [InlineData(SocketError.NetworkUnreachable, ConnectFailure.Unreachable)]
    [InlineData(SocketError.TimedOut, ConnectFailure.ConnectTimedOut)]
    [InlineData(SocketError.ConnectionReset, ConnectFailure.ConnectBroken)]
    public async Task Tells_why_dialling_fails(SocketError error, ConnectFailure failure)
    {
        using var outbound = new TestOutbound().Name("git.example", "10.0.0.1");
        outbound.Dial = (_, _) => throw new SocketException((int)error);
        using var client = outbound.Http.Own();

        var thrown = await Should.ThrowAsync<OutboundConnectException>(() => client.GetAsync(new Uri("https://git.example/"), None));

        (thrown.Failure, thrown.EndPoint?.ToString()).ShouldBe((failure, "10.0.0.1:443"));
    }

    [Fact]
    public async Task Gives_up_on_a_name_or_an_address_that_hangs()
    {
        var options = new OutboundOptions { ConnectTimeout = TimeSpan.FromMilliseconds(100) };
        using var outbound = new TestOutbound(options).Name("git.example", "10.0.0.1");
        outbound.Dial = async (_, cancellation) =>
        {
            await Task.Delay(Timeout.Infinite, cancellation);
            return Stream.Null;
        };
        using var client = outbound.Http.Own();

        (await Should.ThrowAsync<OutboundConnectException>(() => client.GetAsync(new Uri("https://git.example/"), None))).Failure.ShouldBe(ConnectFailure.ConnectTimedOut);
    }

    [Fact]
    public async Task A_cancelled_check_ends_its_connection_attempt_at_once()
    {
        using var outbound = new TestOutbound().Name("git.example", "10.0.0.1");
        var ended = new TaskCompletionSource();
        var dialling = new TaskCompletionSource();
        outbound.Dial = async (_, cancellation) =>
        {
            await using var registration = cancellation.Register(ended.SetResult);
            dialling.SetResult();
            await Task.Delay(Timeout.Infinite, cancellation);
            return Stream.Null;
        };
        using var leaving = new CancellationTokenSource();
        using var client = outbound.Http.Own(NetworkPath.Encrypted, new DedicatedConnections { Cancellation = leaving.Token });
        var call = client.GetAsync(new Uri("https://git.example/"), leaving.Token);
        await dialling.Task;

        await leaving.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => call);
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(30), None);
    }

    [Fact]
    public void Registration_gives_a_working_guard_from_configuration()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Outbound:AllowedNetworks:0"] = "127.0.0.0/8",
            ["Outbound:ConnectTimeout"] = "00:00:03",
        }).Build();
        using var services = new ServiceCollection().AddOutboundGuard(configuration).BuildServiceProvider();

        services.GetRequiredService<AddressRules>().Judge(IPAddress.Loopback).Kind.ShouldBe(AddressKind.Private);
        services.GetRequiredService<GuardedHttp>().Shared().Timeout.ShouldBe(TimeSpan.FromSeconds(30));
    }
}

/// <summary>A connection that answers any request with the same bytes.</summary>
internal sealed class CannedStream(byte[] answer, Action<string>? received = null) : Stream
{
    private int at;

    public CannedStream(string answer, Action<string>? received = null)
        : this(Encoding.ASCII.GetBytes(answer), received)
    {
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        var take = Math.Min(count, answer.Length - at);
        Array.Copy(answer, at, buffer, offset, take);
        at += take;
        return take;
    }

    public override void Write(byte[] buffer, int offset, int count) => received?.Invoke(Encoding.ASCII.GetString(buffer, offset, count));

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
