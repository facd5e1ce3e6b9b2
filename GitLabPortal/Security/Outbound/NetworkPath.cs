namespace GitLabPortal.Security;

/// <summary>What a person accepted for the calls of one connection. Everything else about the way is the operator's configuration.</summary>
/// <param name="PlainHttp">Where http may be spoken.</param>
/// <param name="Authorities">Trusted besides the machine's; null for none.</param>
public sealed record NetworkPath(PlainHttp PlainHttp = PlainHttp.Never, TrustedAuthorities? Authorities = null)
{
    public static readonly NetworkPath Encrypted = new();

    public static NetworkPath For(bool allowsPlainHttp, TrustedAuthorities? authorities = null) =>
        new(allowsPlainHttp ? PlainHttp.ToPrivateAddresses : PlainHttp.Never, authorities);
}
