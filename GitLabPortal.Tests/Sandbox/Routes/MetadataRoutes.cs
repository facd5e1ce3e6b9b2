namespace GitLabPortal.Tests.Sandbox;

internal static class MetadataRoutes
{
    public static readonly Route[] All =
    [
        new("GET", "version", call => Answer(call, isMetadata: false)) { Scopes = Scopes },
        new("GET", "metadata", call => Answer(call, isMetadata: true)) { Scopes = Scopes, Since = Capability.Metadata },
    ];

    private static string[] Scopes(GitLabRelease release) =>
    [
        "read_user",
        .. release.Has(Capability.AiFeaturesScope) ? ["ai_features"] : Array.Empty<string>(),
        .. release.Has(Capability.AiWorkflowsMayReadVersion) ? ["ai_workflows"] : Array.Empty<string>(),
    ];

    private static Answer Answer(ApiCall call, bool isMetadata) => Json.Object(200, json =>
    {
        var release = call.Release;
        json.WriteString("version", release.Text);
        json.WriteString("revision", release.Revision);
        if (!isMetadata && !release.Has(Capability.VersionMirrorsMetadata))
            return;

        json.WriteStartObject("kas");
        json.WriteBoolean("enabled", true);
        json.WriteString("externalUrl", $"ws://{call.Server.ExternalUri.Host}/-/kubernetes-agent/");
        if (release.Has(Capability.KasProxyUrl))
            json.WriteString("externalK8sProxyUrl", $"{call.Server.ExternalUrl}/-/kubernetes-agent/k8s-proxy/");
        json.WriteString("version", release.Text.Split('-')[0]);
        json.WriteEndObject();
        if (release.Has(Capability.EnterpriseInMetadata))
            json.WriteBoolean("enterprise", release.IsEnterprise);
    });
}
