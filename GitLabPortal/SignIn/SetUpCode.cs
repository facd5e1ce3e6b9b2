using GitLabPortal.Security;
using Microsoft.Extensions.Options;

namespace GitLabPortal.SignIn;

/// <summary>Proves that somebody who sets the portal up runs it. Lives in memory: each start without an account makes another one.</summary>
public sealed class SetUpCode(IOptions<SetUpOptions> options)
{
    internal string Value { get; } = options.Value.Code is { Length: > 0 } code ? code : OneTimeCode.New();

    public bool Matches(string? given) => OneTimeCode.Matches(Value, given);
}
