using System.Net;
using GitLabPortal.Connections;
using GitLabPortal.Security;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Security;

/// <summary>
/// Every way to write an address that the portal must not call and that some client understands. What is dialled is recorded, and only
/// loopback could be reached at all: none of them may get that far, and each refusal names its rule.
/// </summary>
public sealed class HostileAddressTests
{
    private static CancellationToken None => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Hosts => new()
    {
        // Loopback: dotted, short, decimal, octal, hex, mixed, padded, with a trailing dot.
        { "127.0.0.1", "loopback" }, { "127.1", "loopback" }, { "127.0.1", "loopback" }, { "127.255.255.254", "loopback" }, { "2130706433", "loopback" },
        { "0x7f000001", "loopback" }, { "0x7F000001", "loopback" }, { "0x7f.0.0.1", "loopback" }, { "0x7f.1", "loopback" }, { "0177.0.0.1", "loopback" },
        { "017700000001", "loopback" }, { "0177.1", "loopback" }, { "0x7f.0x0.0x0.0x1", "loopback" }, { "0177.0x0.0.1", "loopback" }, { "127.0.0.1.", "loopback" },
        { "127.000.000.001", "loopback" }, { "0x000000007f.1", "loopback" }, { "127.0x1", "loopback" }, { "127.65535", "loopback" },
        // Nowhere, which many systems take for loopback.
        { "0", "unspecified" }, { "0.0.0.0", "unspecified" }, { "0x0", "unspecified" }, { "00.00.00.00", "unspecified" }, { "0.1.2.3", "unspecified" }, { "[::]", "unspecified" },
        { "[0:0:0:0:0:0:0:0]", "unspecified" }, { "[::ffff:0.0.0.0]", "unspecified" },
        // IPv6 loopback, and IPv4 inside of IPv6 in all its forms.
        { "[::1]", "loopback" }, { "[0:0:0:0:0:0:0:1]", "loopback" }, { "[0000:0000:0000:0000:0000:0000:0000:0001]", "loopback" }, { "[::0.0.0.1]", "loopback" },
        { "[::ffff:127.0.0.1]", "loopback" }, { "[::ffff:7f00:1]", "loopback" }, { "[::FFFF:7F00:0001]", "loopback" }, { "[0:0:0:0:0:ffff:127.0.0.1]", "loopback" },
        { "[::127.0.0.1]", "loopback inside IPv4-compatible" }, { "[::7f00:1]", "loopback inside IPv4-compatible" }, { "[::ffff:0:127.0.0.1]", "loopback inside IPv4-translated" },
        { "[2002:7f00:1::]", "loopback inside 6to4" }, { "[2002:7f00:0001:1234::5]", "loopback inside 6to4" }, { "[64:ff9b::7f00:1]", "loopback inside NAT64" }, { "[64:ff9b::127.0.0.1]", "loopback inside NAT64" },
        { "[64:ff9b:1::7f00:1]", "loopback inside NAT64" }, { "[2001:0:808:808:0:0:80ff:fffe]", "loopback inside Teredo" }, { "[2001:0:7f00:1::1]", "loopback inside Teredo" }, { "[2001:db8::5efe:127.0.0.1]", "loopback inside ISATAP" },
        { "[2001:db8::200:5efe:7f00:1]", "loopback inside ISATAP" },
        // Link-local, with and without zones.
        { "169.254.1.1", "link-local" }, { "0xa9fe0101", "link-local" }, { "[fe80::1]", "link-local" }, { "[fe80::1%25eth0]", "link-local" }, { "[fe80::1%251]", "link-local" }, { "[fe80::1%1]", "link-local" },
        { "[febf:ffff::1]", "link-local" }, { "[::ffff:169.254.1.1]", "link-local" }, { "[64:ff9b::169.254.1.1]", "link-local inside NAT64" },
        // What clouds tell machines about themselves.
        { "169.254.169.254", "cloud-metadata" }, { "169.254.169.254.", "cloud-metadata" }, { "2852039166", "cloud-metadata" }, { "0xa9fea9fe", "cloud-metadata" }, { "0251.0376.0251.0376", "cloud-metadata" },
        { "0xa9.0xfe.0xa9.0xfe", "cloud-metadata" }, { "169.254.43518", "cloud-metadata" }, { "169.16689662", "cloud-metadata" }, { "0xA9.254.0251.0xfe", "cloud-metadata" }, { "025177524776", "cloud-metadata" },
        { "[::ffff:a9fe:a9fe]", "cloud-metadata" }, { "[::ffff:169.254.169.254]", "cloud-metadata" }, { "[::a9fe:a9fe]", "cloud-metadata inside IPv4-compatible" }, { "[2002:a9fe:a9fe::]", "cloud-metadata inside 6to4" },
        { "[64:ff9b::169.254.169.254]", "cloud-metadata inside NAT64" }, { "[64:ff9b::a9fe:a9fe]", "cloud-metadata inside NAT64" }, { "[::ffff:0:a9fe:a9fe]", "cloud-metadata inside IPv4-translated" }, { "169.254.170.2", "cloud-metadata" },
        { "169.254.170.23", "cloud-metadata" }, { "169.254.169.253", "cloud-metadata" }, { "100.100.100.200", "cloud-metadata" }, { "0x646464c8", "cloud-metadata" }, { "168.63.129.16", "cloud-metadata" },
        { "192.0.0.192", "cloud-metadata" }, { "[fd00:ec2::254]", "cloud-metadata" }, { "[fd20:ce::254]", "cloud-metadata" }, { "[fd00:42::42]", "cloud-metadata" },
        // Everybody, and nobody's.
        { "224.0.0.1", "multicast" }, { "239.255.255.250", "multicast" }, { "[ff02::1]", "multicast" }, { "[ff05::2]", "multicast" }, { "[2002:e000:1::]", "multicast inside 6to4" }, { "255.255.255.255", "broadcast" },
        { "4294967295", "broadcast" }, { "0xffffffff", "broadcast" }, { "240.0.0.1", "reserved" }, { "192.0.0.8", "reserved" }, { "[100::1]", "reserved" }, { "[64:ff9b::240.0.0.1]", "reserved inside NAT64" },
        // Names for them; some of several addresses, which must not be a matter of luck.
        { "localhost", "loopback" }, { "LOCALHOST", "loopback" }, { "localhost.", "loopback" }, { "metadata.google.internal", "cloud-metadata" }, { "metadata.google.internal.", "cloud-metadata" },
        { "127.0.0.1.nip.example", "loopback" }, { "mixed.example", "loopback" }, { "mixed6.example", "cloud-metadata" }, { "six.example", "loopback inside 6to4" }, { "xn--localhost-cua.example", "unspecified" },
        // User names that look like the host, and dots and digits of other scripts.
        { "user@127.0.0.1", "loopback" }, { "8.8.8.8@127.0.0.1", "loopback" }, { "example.com:pw@[::1]", "loopback" }, { "git.example%40@127.0.0.1", "loopback" }, { "127。0。0。1", "loopback" }, { "127．0．0．1", "loopback" },
    };

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Dials_nothing_and_names_the_rule(string host, string rule)
    {
        using var direct = World(new OutboundOptions());
        // Behind a proxy nothing of it may reach the proxy either.
        using var proxied = World(new OutboundOptions { ProxyUrl = "http://10.1.1.1:3128" });
        var isTried = false;
        foreach (var port in new[] { "", ":8443", ":22", ":6379" })
        {
            foreach (var scheme in new[] { "https", "http" })
            {
                if (!Uri.TryCreate($"{scheme}://{host}{port}/api/v4/user", UriKind.Absolute, out var address)) continue;
                isTried = true;
                foreach (var outbound in new[] { direct, proxied })
                {
                    using var client = outbound.Http.Own(PlainHttp.Anywhere);
                    var refused = await Should.ThrowAsync<OutboundRefusedException>(() => client.GetAsync(address, None));
                    refused.Rule.ShouldBe(rule);
                    refused.Setting.ShouldBe("Outbound:AllowedNetworks");
                }
            }
        }

        // What the framework cannot even read, the portal's own reader of addresses must not make callable.
        var read = InstanceUrl.Parse($"https://{host}/");
        isTried.ShouldBe(isTried || !read.IsSuccess);
        if (read.IsSuccess)
        {
            using var client = direct.Http.Own(PlainHttp.Anywhere);
            await Should.ThrowAsync<OutboundRefusedException>(() => client.GetAsync(read.Value.ToUri(), None));
        }

        direct.Dialled.ShouldBeEmpty();
        proxied.Dialled.ShouldBeEmpty();
    }

    [Fact]
    public void They_are_more_than_a_hundred() => Hosts.Count.ShouldBeGreaterThanOrEqualTo(100);

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("http://127.0.0.1:6379/")]
    [InlineData("//169.254.169.254/")]
    [InlineData("https://[::ffff:127.0.0.1]/")]
    [InlineData("https://localhost./")]
    public async Task A_redirect_leads_nowhere(string target)
    {
        using var outbound = World(new OutboundOptions()).Name("git.example", "93.184.216.34");
        outbound.Dial = (_, _) => Task.FromResult<Stream>(new CannedStream($"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n"));
        using var client = outbound.Http.Own(PlainHttp.Anywhere);

        using var answer = await client.GetAsync(new Uri("http://git.example/"), None);

        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        outbound.Dialled.Select(d => d.Address.ToString()).ShouldBe(["93.184.216.34"]);
        outbound.Asked.ShouldBe(["git.example"]);
    }

    [Fact]
    public async Task A_name_that_turns_hostile_between_look_up_and_call_is_refused()
    {
        var answers = new Queue<string>(["93.184.216.34", "127.0.0.1", "169.254.169.254"]);
        using var outbound = new TestOutbound().Name("rebind.example", () => [IPAddress.Parse(answers.Dequeue())]);
        outbound.Dial = (_, _) => Task.FromResult<Stream>(new CannedStream("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
        using var client = outbound.Http.Own(PlainHttp.Anywhere);
        var address = new Uri("http://rebind.example/");

        (await client.GetAsync(address, None)).Dispose();
        (await Should.ThrowAsync<OutboundRefusedException>(() => client.GetAsync(address, None))).Rule.ShouldBe("loopback");
        (await Should.ThrowAsync<OutboundRefusedException>(() => client.GetAsync(address, None))).Rule.ShouldBe("cloud-metadata");

        outbound.Dialled.Select(d => d.Address.ToString()).ShouldBe(["93.184.216.34"]);
    }

    [Theory]
    [InlineData("10.0.0.8")]
    [InlineData("172.16.3.4")]
    [InlineData("192.168.1.10")]
    [InlineData("100.64.0.9")]
    [InlineData("[fd12:3456::1]")]
    public async Task Private_networks_stay_usable(string host)
    {
        using var outbound = new TestOutbound();
        outbound.Dial = (_, _) => Task.FromResult<Stream>(new CannedStream("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
        using var client = outbound.Http.Own(PlainHttp.ToPrivateAddresses);

        (await client.GetAsync(new Uri($"http://{host}/"), None)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static TestOutbound World(OutboundOptions options) => new TestOutbound(options)
        .Name("localhost", "127.0.0.1", "::1")
        .Name("metadata.google.internal", "169.254.169.254")
        .Name("127.0.0.1.nip.example", "127.0.0.1")
        .Name("mixed.example", "93.184.216.34", "127.0.0.1")
        .Name("mixed6.example", "2606:2800:220:1::1", "::ffff:169.254.169.254")
        .Name("six.example", "2002:7f00:1::")
        .Name("xn--localhost-cua.example", "0.0.0.0");
}
