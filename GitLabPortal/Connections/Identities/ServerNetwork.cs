using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Connections;

/// <summary>
/// How the calls for signing in with a server travel, by what portal administrators accepted for it. Teams' connections to the same server
/// keep settings of their own.
/// </summary>
public static class ServerNetwork
{
    /// <summary>The path of every client that serves signing in: OAuth, members' own tokens and administration.</summary>
    public static NetworkPath SignInPath(this Server server, bool allowsPlainHttp, TimeProvider time) =>
        // Authorities that ended meanwhile are as good as none: the check says that the certificate is not trusted.
        NetworkPath.For(allowsPlainHttp, server.SignInAuthorities is { } pem ? TrustedAuthorities.Parse(pem, time).Value : null);

    /// <summary>Where people's browsers are sent.</summary>
    public static string AddressForPeople(this Server server) => server.SignInBrowserUrl ?? server.BaseUrl;
}

/// <summary>What somebody accepted for signing in with one server.</summary>
/// <param name="Authorities">PEM; null for the machine's alone.</param>
/// <param name="BrowserUrl">Normalised; null when people use the address that the portal calls.</param>
public sealed record SignInNetwork(string? Authorities, string? BrowserUrl)
{
    public static readonly Problem AddressTaken = new Problem.Invalid(
        "browser-address-taken", "Another server of the portal has this address. Each address leads to one server.", "BrowserUrl");

    /// <summary>False, and nothing changed, when people use that address for another server already.</summary>
    public async Task<bool> ApplyAsync(PortalDb db, Server server, CancellationToken cancellationToken)
    {
        var people = BrowserUrl == server.BaseUrl ? null : BrowserUrl;
        if (people is not null && await db.Set<Server>().AnyAsync(s => s.Id != server.Id && (s.BaseUrl == people || s.SignInBrowserUrl == people), cancellationToken)) return false;
        (server.SignInAuthorities, server.SignInBrowserUrl) = (Authorities, people);
        return true;
    }
}
