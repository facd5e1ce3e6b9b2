using System.Buffers.Text;
using System.IO.Compression;
using System.Text;
using GitLabPortal.Security;

namespace GitLabPortal.Connections;

/// <summary>Accepted authorities as a part of the wizard's address: they are no secret, and a reload must not forget them.</summary>
internal static class PackedAuthorities
{
    /// <summary>A root certificate or two; with more, the address would be longer than servers and proxies take.</summary>
    private const int MaxLength = 4000;

    /// <summary>Null for none, and for more than fit: then a reload asks again.</summary>
    public static string? Pack(TrustedAuthorities? authorities)
    {
        if (authorities is null) return null;
        var packed = new byte[TrustedAuthorities.MaxPemLength];
        return BrotliEncoder.TryCompress(Encoding.ASCII.GetBytes(authorities.Pem), packed, out var length) && Base64Url.GetEncodedLength(length) <= MaxLength
            ? Base64Url.EncodeToString(packed.AsSpan(0, length))
            : null;
    }

    /// <summary>Null when it is none; reads no more than <see cref="TrustedAuthorities.MaxPemLength"/> takes.</summary>
    public static TrustedAuthorities? Unpack(string? packed, TimeProvider time)
    {
        if (packed is not { Length: > 0 and <= MaxLength } || !Base64Url.IsValid(packed)) return null;
        var pem = new byte[TrustedAuthorities.MaxPemLength];
        return BrotliDecoder.TryDecompress(Base64Url.DecodeFromChars(packed), pem, out var length)
            ? TrustedAuthorities.Parse(Encoding.ASCII.GetString(pem, 0, length), time).Value
            : null;
    }
}
