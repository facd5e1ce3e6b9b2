using Microsoft.AspNetCore.Components;

namespace GitLabPortal.Security;

/// <summary>The portal's own address, for links that are sent to other people.</summary>
public static class PortalAddress
{
    /// <summary>Without a slash at its end. The operator's word counts; the browser's address may be one that only this machine knows.</summary>
    public static string Of(PortalOptions options, NavigationManager location) =>
        (options.PublicUrl.Length > 0 ? options.PublicUrl : location.BaseUri).TrimEnd('/');

    /// <summary>The same for a plain request.</summary>
    public static string Of(PortalOptions options, HttpRequest request) =>
        (options.PublicUrl.Length > 0 ? options.PublicUrl : $"{request.Scheme}://{request.Host}{request.PathBase}").TrimEnd('/');
}
