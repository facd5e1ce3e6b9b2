using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Security;

public enum AddressKind { Public, Private, Refused }

/// <param name="Kind">Private networks are what the product is for; refused ones are never dialled.</param>
/// <param name="Rule">The rule that refuses, e.g. <c>loopback</c>; null otherwise.</param>
public readonly record struct AddressVerdict(AddressKind Kind, string? Rule = null)
{
    public bool IsRefused => Kind is AddressKind.Refused;
}

/// <summary>Which addresses the portal may dial. Sources of the ranges: the IANA special-purpose registries and the clouds' own manuals.</summary>
public sealed class AddressRules
{
    private static readonly (IPNetwork Network, AddressKind Kind, string? Rule)[] Table =
    [
        // Before the wider networks that hold them, so that the name of the rule is the telling one.
        Refuse("169.254.169.254/32", "cloud-metadata"), // AWS, Azure, Google, DigitalOcean, OpenStack
        Refuse("169.254.170.2/32", "cloud-metadata"), // AWS ECS task credentials
        Refuse("169.254.170.23/32", "cloud-metadata"), // AWS EKS pod identity
        Refuse("169.254.169.253/32", "cloud-metadata"), // AWS resolver
        Refuse("100.100.100.200/32", "cloud-metadata"), // Alibaba
        Refuse("168.63.129.16/32", "cloud-metadata"), // Azure host agent
        Refuse("192.0.0.192/32", "cloud-metadata"), // Oracle
        Refuse("fd00:ec2::/32", "cloud-metadata"), // AWS
        Refuse("fd20:ce::254/128", "cloud-metadata"), // Google
        Refuse("fd00:42::42/128", "cloud-metadata"), // Scaleway
        Refuse("127.0.0.0/8", "loopback"),
        Refuse("::1/128", "loopback"),
        Refuse("0.0.0.0/8", "unspecified"),
        Refuse("::/128", "unspecified"),
        Refuse("169.254.0.0/16", "link-local"),
        Refuse("fe80::/10", "link-local"),
        Refuse("224.0.0.0/4", "multicast"),
        Refuse("ff00::/8", "multicast"),
        Refuse("255.255.255.255/32", "broadcast"),
        Refuse("240.0.0.0/4", "reserved"),
        Refuse("192.0.0.0/24", "reserved"),
        Refuse("100::/64", "reserved"),
        Private("10.0.0.0/8"),
        Private("172.16.0.0/12"),
        Private("192.168.0.0/16"),
        Private("100.64.0.0/10"),
        Private("fc00::/7"),
        Private("fec0::/10"),
    ];

    private readonly (IPNetwork Network, int At)[] allowed;

    public AddressRules(IOptions<OutboundOptions> options)
        : this(options.Value)
    {
    }

    internal AddressRules(OutboundOptions options) =>
        allowed = [.. options.AllowedNetworks.Select((text, i) => OutboundOptionsValidator.TryParseNetwork(text, out var n) ? (n, i) : ((IPNetwork, int)?)null).OfType<(IPNetwork, int)>()];

    /// <summary>The setting that allows an address which a rule would refuse, e.g. <c>Outbound:AllowedNetworks:0</c>; null when none is needed.</summary>
    public string? AllowedBy(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        foreach (var (network, at) in allowed)
        {
            if (network.Contains(address)) return string.Create(CultureInfo.InvariantCulture, $"{OutboundOptions.AllowedNetworksKey}:{at}");
        }

        return null;
    }

    /// <summary>The verdict on one address. An IPv6 address that carries an IPv4 one is judged by what it carries.</summary>
    public AddressVerdict Judge(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (IsAllowed(address)) return new(AddressKind.Private);
        // An IPv6 address with a zone compares unequal to its network: the rules are about the bits.
        var bare = address.ScopeIdOrZero() == 0 ? address : new IPAddress(address.GetAddressBytes());
        if (IsAllowed(bare)) return new(AddressKind.Private);
        foreach (var (network, kind, rule) in Table)
        {
            if (network.Contains(bare)) return new(kind, rule);
        }

        return bare.AddressFamily is AddressFamily.InterNetworkV6 ? JudgeCarried(bare) : new(AddressKind.Public);
    }

    private AddressVerdict JudgeCarried(IPAddress address)
    {
        var result = new AddressVerdict(AddressKind.Public);
        foreach (var (form, carried) in Carried(address.GetAddressBytes()))
        {
            var verdict = Judge(carried);
            if (verdict.IsRefused) return verdict with { Rule = $"{verdict.Rule} inside {form}" };
            if (verdict.Kind is AddressKind.Private) result = verdict;
        }

        return result;
    }

    private bool IsAllowed(IPAddress address) => Array.Exists(allowed, n => n.Network.Contains(address));

    /// <summary>The IPv4 addresses that an IPv6 address stands for or tunnels to.</summary>
    private static IEnumerable<(string Form, IPAddress Address)> Carried(byte[] b)
    {
        var first = BinaryPrimitives.ReadUInt64BigEndian(b);
        var second = BinaryPrimitives.ReadUInt64BigEndian(b.AsSpan(8));
        if (first == 0 && second >> 32 == 0) yield return ("IPv4-compatible", At(b, 12));
        if (first == 0 && second >> 32 == 0xFFFF0000) yield return ("IPv4-translated", At(b, 12));
        if (first >> 48 == 0x2002) yield return ("6to4", At(b, 2));
        if (first == 0x0064_FF9B_0000_0000 && second >> 32 == 0) yield return ("NAT64", At(b, 12));
        if (first >> 16 == 0x0064_FF9B_0001)
        {
            // RFC 8215: the operator chooses the prefix length; RFC 6052 says where the address then lies. Zeros there say nothing.
            if (b[6] != 0) yield return ("NAT64", new IPAddress([b[6], b[7], b[9], b[10]]));
            if (b[7] != 0) yield return ("NAT64", new IPAddress([b[7], b[9], b[10], b[11]]));
            if (b[9] != 0) yield return ("NAT64", new IPAddress([b[9], b[10], b[11], b[12]]));
            if ((uint)second != 0 || b.AsSpan(6, 6).IndexOfAnyExcept((byte)0) < 0) yield return ("NAT64", At(b, 12));
        }

        if (first >> 32 == 0x2001_0000)
        {
            yield return ("Teredo", At(b, 4));
            yield return ("Teredo", new IPAddress([(byte)~b[12], (byte)~b[13], (byte)~b[14], (byte)~b[15]]));
        }

        if ((second >> 32 & 0xFCFF_FFFF) == 0x0000_5EFE) yield return ("ISATAP", At(b, 12));
    }

    private static IPAddress At(byte[] bytes, int offset) => new(bytes.AsSpan(offset, 4));

    private static (IPNetwork Network, AddressKind Kind, string? Rule) Refuse(string network, string rule) =>
        (IPNetwork.Parse(network), AddressKind.Refused, rule);

    private static (IPNetwork Network, AddressKind Kind, string? Rule) Private(string network) => (IPNetwork.Parse(network), AddressKind.Private, null);
}

internal static class AddressScope
{
    /// <summary>The zone of an IPv6 address (<c>fe80::1%2</c>), 0 without one or for IPv4, where asking would throw.</summary>
    public static long ScopeIdOrZero(this IPAddress address) => address.AddressFamily is AddressFamily.InterNetworkV6 ? address.ScopeId : 0;
}
