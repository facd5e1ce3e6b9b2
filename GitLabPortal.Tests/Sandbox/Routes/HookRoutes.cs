using System.Text.Json;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>System hooks of the instance, for admins (FACTS 7.1).</summary>
internal static class HookRoutes
{
    private static readonly string[] Flags = ["push_events", "tag_push_events", "merge_requests_events", "repository_update_events", "enable_ssl_verification"];

    private static readonly string[] Texts = ["url", "name", "description", "token", "signing_token", "push_events_branch_filter", "branch_filter_strategy"];

    // Before 14.9 a hook could not be read or changed, and reading it sent a test.
    public static readonly Route[] All =
    [
        new("GET", "hooks", List) { Access = Access.Admin },
        new("POST", "hooks", Create) { Access = Access.Admin },
        new("GET", "hooks/:id", call => call.Release.Has(Capability.SystemHookEditing)
            ? With(call, hook => Json.Object(200, json => Write(json, hook, call)))
            : With(call, hook => Test(call, hook, 200))) { Access = Access.Admin },
        new("PUT", "hooks/:id", call => With(call, hook => Change(call, hook))) { Access = Access.Admin, Since = Capability.SystemHookEditing },
        new("POST", "hooks/:id", call => With(call, hook => Test(call, hook, 201))) { Access = Access.Admin, Since = Capability.SystemHookEditing },
        new("DELETE", "hooks/:id", call => With(call, hook =>
        {
            call.World.Delete(hook);
            return Answer.Empty(204);
        })) { Access = Access.Admin },
    ];

    private static Answer List(ApiCall call)
    {
        var (page, perPage) = Paging.Read(call.Parameters);
        if (call.Parameters.Complaint is { } complaint)
            return complaint;
        var all = call.World.Hooks;
        return Json.Array(all.Skip((page - 1) * perPage).Take(perPage), (json, hook) =>
        {
            json.WriteStartObject();
            Write(json, hook, call);
            json.WriteEndObject();
        }).WithOffsetHeaders(call, page, perPage, all.Count, [new("page", "1"), new("per_page", "20")]);
    }

    private static Answer Create(ApiCall call)
    {
        if (!call.Parameters.Has("url"))
            call.Parameters.Complain("url is missing");
        if (Refuse(call) is { } refusal)
            return refusal;
        var hook = call.World.AddHook(call.Parameters["url"]!);
        Apply(call, hook);
        return Json.Object(201, json => Write(json, hook, call));
    }

    private static Answer Change(ApiCall call, SandboxHook hook)
    {
        if (!Flags.Concat(Texts).Any(call.Parameters.Has))
            return Answers.Invalid("No parameters provided");
        if (Refuse(call) is { } refusal)
            return refusal;
        // A secret is not taken along to another receiver.
        if (call.Parameters["url"] is { } url && url != hook.Url)
            (hook.Url, hook.Token, hook.SigningToken) = (url, null, null);
        Apply(call, hook);
        return Json.Object(200, json => Write(json, hook, call));
    }

    private static Answer? Refuse(ApiCall call)
    {
        foreach (var flag in Flags)
            call.Parameters.Flag(flag);
        if (call.Parameters.Complaint is { } complaint)
            return complaint;
        if (call.Parameters["url"] is not { } url || call.World.MayCall(url))
            return null;
        return call.Release.Has(Capability.SystemHookEditing)
            ? Answers.Error(422, "Invalid url given")
            : Answer.Json(400, """{"message":{"url":["is blocked"]}}""");
    }

    private static void Apply(ApiCall call, SandboxHook hook)
    {
        var asked = call.Parameters;
        hook.Token = asked["token"] ?? hook.Token;
        hook.PushEvents = asked.Flag("push_events") ?? hook.PushEvents;
        hook.TagPushEvents = asked.Flag("tag_push_events") ?? hook.TagPushEvents;
        hook.MergeRequestsEvents = asked.Flag("merge_requests_events") ?? hook.MergeRequestsEvents;
        hook.RepositoryUpdateEvents = asked.Flag("repository_update_events") ?? hook.RepositoryUpdateEvents;
        hook.SslVerification = asked.Flag("enable_ssl_verification") ?? hook.SslVerification;
        // What a release does not know is passed over.
        if (call.Release.Has(Capability.HookNames))
            (hook.Name, hook.Description) = (asked["name"] ?? hook.Name, asked["description"] ?? hook.Description);
        if (call.Release.Has(Capability.SignedHooks))
            hook.SigningToken = asked["signing_token"] ?? hook.SigningToken;
    }

    private static Answer Test(ApiCall call, SandboxHook hook, int status)
    {
        var sample = Json.Object(status, json =>
        {
            json.WriteString("event_name", "project_create");
            json.WriteString("name", "Ruby");
            json.WriteString("path", "ruby");
            json.WriteNumber("project_id", 1);
            json.WriteString("owner_name", "Someone");
            json.WriteString("owner_email", "example@gitlabhq.com");
        });
        // Whatever the receiver answers, the caller gets the sample.
        sample.Before = cancellation => call.Server.Hooks!.SendAsync(hook, new HookEvent("project_create", sample.Body.ToArray()), cancellation);
        return sample;
    }

    private static Answer With(ApiCall call, Func<SandboxHook, Answer> handle)
    {
        if (call.PathNumber("id") is not { } id)
            return Answers.Invalid("hook_id is invalid");
        if (call.World.FindHook(id) is { } hook)
            return handle(hook);
        return call.Release.Has(Capability.SystemHookEditing) ? Answers.RecordNotFound() : Answers.NotFound("System hook");
    }

    private static void Write(Utf8JsonWriter json, SandboxHook hook, ApiCall call)
    {
        json.WriteNumber("id", hook.Id);
        json.WriteString("url", hook.Url);
        if (call.Release.Has(Capability.HookNames))
        {
            json.WriteString("name", hook.Name);
            json.WriteString("description", hook.Description);
        }

        json.WriteString("created_at", Json.Time(hook.CreatedAt));
        json.WriteBoolean("push_events", hook.PushEvents);
        json.WriteBoolean("tag_push_events", hook.TagPushEvents);
        json.WriteBoolean("merge_requests_events", hook.MergeRequestsEvents);
        json.WriteBoolean("repository_update_events", hook.RepositoryUpdateEvents);
        json.WriteBoolean("enable_ssl_verification", hook.SslVerification);
        if (!call.Release.Has(Capability.HookAlertStatus))
            return;
        json.WriteString("alert_status", hook.AlertStatus);
        json.WriteString("disabled_until", hook.DisabledUntil is { } until ? Json.Time(until) : null);
        json.Strings("url_variables", []);
        json.WriteNull("push_events_branch_filter");
        json.WriteString("branch_filter_strategy", "wildcard");
        json.WriteNull("custom_webhook_template");
        json.Strings("custom_headers", []);
        if (!call.Release.Has(Capability.SignedHooks))
            return;
        json.WriteBoolean("token_present", hook.Token is { Length: > 0 });
        json.WriteBoolean("signing_token_present", hook.SigningToken is not null);
    }
}
