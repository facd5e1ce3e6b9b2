using System.Net;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Security;

/// <summary>What the portal may call, and how long and how much it takes (section <c>Outbound</c>).</summary>
public sealed class OutboundOptions
{
    public const string Section = "Outbound";

    /// <summary>The setting that findings name.</summary>
    public const string AllowedNetworksKey = $"{Section}:{nameof(AllowedNetworks)}";

    /// <summary>
    /// Networks (<c>10.0.0.0/8</c>, <c>fd00::/8</c>) or single addresses that are allowed although a rule refuses them. They count as
    /// private. The list adds to what is allowed anyway, it never replaces it.
    /// </summary>
    public IList<string> AllowedNetworks { get; init; } = [];

    /// <summary>For each of: finding the name's addresses, connecting to one address, and TLS.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>For a whole request, its answer included.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Of one answer, decompressed.</summary>
    public long MaxResponseBytes { get; set; } = 20 * 1024 * 1024;

    /// <summary>The outgoing proxy, e.g. <c>http://proxy.example.com:3128</c>; empty: servers are called directly. The environment's proxy is never used.</summary>
    public string ProxyUrl { get; set; } = "";

    /// <summary>Host names (with all below them), networks or addresses that are called without the proxy.</summary>
    public IList<string> ProxyExceptions { get; init; } = [];

    /// <summary>Name for the proxy, if it asks for one.</summary>
    public string ProxyUserName { get; set; } = "";

    /// <summary>Password for the proxy; better given by an environment variable than by a file.</summary>
    public string ProxyPassword { get; set; } = "";
}

internal sealed class OutboundOptionsValidator : IValidateOptions<OutboundOptions>
{
    public ValidateOptionsResult Validate(string? name, OutboundOptions options)
    {
        var problems = Problems(options).ToArray();
        return problems.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    /// <summary>Every problem, each beginning with its key.</summary>
    public static IEnumerable<string> Problems(OutboundOptions options)
    {
        for (var i = 0; i < options.AllowedNetworks.Count; i++)
        {
            if (!TryParseNetwork(options.AllowedNetworks[i], out _))
                yield return $"{OutboundOptions.AllowedNetworksKey}:{i}: '{options.AllowedNetworks[i]}' is neither an address nor a network such as 10.0.0.0/8.";
        }

        if (options.ConnectTimeout <= TimeSpan.Zero || options.ConnectTimeout > TimeSpan.FromMinutes(5))
            yield return $"{OutboundOptions.Section}:{nameof(OutboundOptions.ConnectTimeout)}: must be above 0 and at most 5 minutes.";
        if (options.RequestTimeout <= TimeSpan.Zero || options.RequestTimeout > TimeSpan.FromMinutes(30))
            yield return $"{OutboundOptions.Section}:{nameof(OutboundOptions.RequestTimeout)}: must be above 0 and at most 30 minutes.";
        if (options.MaxResponseBytes is < 64 * 1024 or > 1024L * 1024 * 1024)
            yield return $"{OutboundOptions.Section}:{nameof(OutboundOptions.MaxResponseBytes)}: must be between 65536 (64 KB) and 1073741824 (1 GB).";
        foreach (var problem in ProxyRules.Problems(options)) yield return problem;
    }

    internal static bool TryParseNetwork(string? text, out IPNetwork network)
    {
        network = default;
        var parts = (text ?? "").Trim().Split('/');
        // IPAddress also reads "10" and "0x7f.1"; in a setting those are mistakes.
        if (parts.Length > 2 || !IPAddress.TryParse(parts[0], out var address) || (!parts[0].Contains(':') && address.ToString() != parts[0]))
            return false;
        var bits = address.GetAddressBytes().Length * 8;
        var length = bits;
        if (parts.Length == 2 && (!int.TryParse(parts[1], out length) || length < 0 || length > bits)) return false;
        if (address.ScopeIdOrZero() != 0) return false;
        network = new IPNetwork(Masked(address, length), length);
        return true;
    }

    private static IPAddress Masked(IPAddress address, int length)
    {
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            var kept = Math.Clamp(length - (i * 8), 0, 8);
            bytes[i] &= (byte)(0xFF << (8 - kept));
        }

        return new IPAddress(bytes);
    }
}
