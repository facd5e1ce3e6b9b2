using GitLabPortal.GitLab;
using GitLabPortal.Kernel;
using GitLabPortal.Security;

namespace GitLabPortal.Connections;

/// <summary>
/// When https does not come about, sees whether plain http answers, to say so. Never a silent downgrade: the http address is offered
/// to a person, and only within private networks.
/// </summary>
internal sealed class ProtocolFallback(GuardedHttp http, CancellationToken cancellation)
{
    public async Task<Finding> ExplainAsync(OutboundConnectException failure, Finding finding, InstanceUrl address, bool isPrivate)
    {
        if (address.IsPlainHttp) return finding;
        var otherPort = failure.Failure is ConnectFailure.Refused or ConnectFailure.ConnectTimedOut && !address.HadScheme && address.Port == 443;
        if (failure.Failure is not ConnectFailure.TlsNotSpoken && !otherPort) return finding;

        var plain = address.WithScheme(isPlainHttp: true);
        // Same port: http where https was expected. Other port: https is closed, but port 80 may be open.
        if (!otherPort && plain.Port != address.Port) return finding;
        if (!await AnswersAsync(plain)) return finding;
        var suggestion = isPrivate ? plain.BaseUrl : null;
        return otherPort
            ? ServerCodes.HttpOnly.Saw($"{finding.Seen} Plain http answers at {plain.BaseUrl}.", suggestion: suggestion)
            : finding with { Seen = $"{finding.Seen} Plain http answers there.", SuggestedAddress = suggestion };
    }

    /// <summary>Whether http answers with anything but a redirect to https, which would lead back here.</summary>
    private async Task<bool> AnswersAsync(InstanceUrl plain)
    {
        using var client = http.Own(new NetworkPath(PlainHttp.Anywhere), new DedicatedConnections { Cancellation = cancellation });
        using var request = new HttpRequestMessage(HttpMethod.Get, plain.ToUri());
        request.Headers.UserAgent.ParseAdd("GitLabPortal");
        try
        {
            var answer = await GitLabAnswer.FetchAsync(client, request, cancellation);
            return answer.Headers.Location is not { IsAbsoluteUri: true, Scheme: "https" };
        }
        catch (GitLabException)
        {
            return false;
        }
    }
}
