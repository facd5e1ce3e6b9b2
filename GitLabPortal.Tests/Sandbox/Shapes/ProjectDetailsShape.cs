using System.Text.Json;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>What the full project object adds to the basic one: about eighty keys that make a list page some 450 kB.</summary>
internal static class ProjectDetailsShape
{
    private static readonly string[] LinkNames = ["issues", "merge_requests", "labels", "events", "members", "cluster_agents"];

    private static readonly string[] EnabledFeatures =
    [
        "issues", "merge_requests", "wiki", "builds", "snippets", "analytics", "environments", "feature_flags", "forking", "infrastructure",
        "model_experiments", "model_registry", "monitor", "pages", "releases", "requirements", "container_registry",
    ];

    public static void Write(Utf8JsonWriter json, SandboxProject project, ApiCall call, bool isSingle)
    {
        var server = call.Server;
        var level = call.Viewer.Level(project);
        var maintains = call.Viewer.HasAdminPowers || level >= 40;

        json.WriteString("container_registry_image_prefix", $"registry.{server.SshHost}/{project.FullPath}");
        WriteLinks(json, project, server);
        json.WriteBoolean("packages_enabled", true);
        json.WriteBoolean("empty_repo", project.IsEmpty);
        json.WriteBoolean("archived", call.Release.Has(Capability.DelayedDeletionForAll) ? project.IsArchivedBySelfOrAncestor : project.IsArchived);
        if (project.Namespace is SandboxPersonalNamespace personal)
            UserShape.WriteBasic(json, "owner", personal.Owner, server);

        json.WriteBoolean("resolve_outdated_diff_discussions", false);
        if (level >= 20)
            WriteExpirationPolicy(json, project);
        json.WriteString("repository_object_format", "sha1");
        WriteFeatures(json, project);
        json.WriteBoolean("emails_disabled", false);
        json.WriteBoolean("emails_enabled", true);
        json.WriteBoolean("show_diff_preview_in_email", true);
        json.WriteBoolean("shared_runners_enabled", true);
        json.WriteBoolean("lfs_enabled", true);
        json.WriteNumber("creator_id", project.CreatorId);
        WriteForkSource(json, project, call);
        if (maintains)
        {
            json.WriteNull("import_url");
            json.WriteNull("import_type");
        }

        json.WriteString("import_status", project.ForkedFrom is null ? "none" : "finished");
        json.WriteNumber("open_issues_count", project.Stars % 40);
        json.WriteString("description_html", DescriptionHtml(project.Description));
        if (call.Release.Has(Capability.UpdatedAtFilter))
            json.WriteString("updated_at", Json.Time(project.UpdatedAt));
        if (maintains)
            WriteContinuousIntegration(json, call);
        if (call.Viewer.CanReadCode(project))
            json.WriteNull("ci_config_path");
        json.WriteBoolean("public_jobs", true);
        json.WriteStartArray("shared_with_groups");
        json.WriteEndArray();
        WriteMergeRequestSettings(json);
        WriteEnterprise(json, project, call.Release);
        if (isSingle)
        {
            json.WriteNull("license_url");
            json.WriteNull("license");
        }

        if (call.Caller.User is not null)
            WritePermissions(json, project, call.Viewer);
    }

    private static void WriteLinks(Utf8JsonWriter json, SandboxProject project, ServerIdentity server)
    {
        var self = $"{server.Api}/projects/{project.Id}";
        json.WriteStartObject("_links");
        json.WriteString("self", self);
        json.WriteString("repo_branches", self + "/repository/branches");
        foreach (var name in LinkNames)
            json.WriteString(name, $"{self}/{name}");
        json.WriteEndObject();
    }

    private static void WriteExpirationPolicy(Utf8JsonWriter json, SandboxProject project)
    {
        json.WriteStartObject("container_expiration_policy");
        json.WriteString("cadence", "1d");
        json.WriteBoolean("enabled", false);
        json.WriteNumber("keep_n", 10);
        json.WriteString("older_than", "90d");
        json.WriteString("name_regex", ".*");
        json.WriteNull("name_regex_keep");
        json.WriteString("next_run_at", Json.Time(project.CreatedAt.AddDays(1)));
        json.WriteEndObject();
    }

    private static void WriteFeatures(Utf8JsonWriter json, SandboxProject project)
    {
        foreach (var name in (ReadOnlySpan<string>)["issues_enabled", "merge_requests_enabled", "wiki_enabled", "jobs_enabled", "snippets_enabled", "container_registry_enabled", "service_desk_enabled"])
            json.WriteBoolean(name, true);
        json.WriteBoolean("can_create_merge_request_in", !project.IsArchived);
        foreach (var feature in EnabledFeatures)
            json.WriteString(feature + "_access_level", "enabled");
        json.WriteString("repository_access_level", project.RepositoryAccess switch
        {
            SandboxFeatureAccess.Enabled => "enabled",
            SandboxFeatureAccess.Private => "private",
            _ => "disabled",
        });
        json.WriteString("security_and_compliance_access_level", "private");
    }

    private static void WriteForkSource(Utf8JsonWriter json, SandboxProject project, ApiCall call)
    {
        if (project.ForkedFrom is not { } source)
            return;

        json.WriteBoolean("mr_default_target_self", false);
        if (!call.Viewer.CanSee(source))
            return;
        json.WriteStartObject("forked_from_project");
        ProjectShape.WriteBasicProperties(json, source, call);
        json.WriteEndObject();
    }

    private static void WriteContinuousIntegration(Utf8JsonWriter json, ApiCall call)
    {
        json.WriteNumber("ci_default_git_depth", 20);
        json.WriteBoolean("ci_forward_deployment_enabled", true);
        json.WriteBoolean("ci_forward_deployment_rollback_allowed", true);
        json.WriteBoolean("ci_job_token_scope_enabled", false);
        json.WriteBoolean("ci_separated_caches", true);
        json.WriteBoolean("ci_allow_fork_pipelines_to_run_in_parent_project", true);
        json.WriteString("build_git_strategy", "fetch");
        json.WriteNumber("build_timeout", 3600);
        json.WriteString("auto_cancel_pending_pipelines", "enabled");
        json.WriteNull("runners_token");
        json.WriteNull("runner_token_expiration_interval");
        json.WriteBoolean("group_runners_enabled", true);
        json.WriteBoolean("auto_devops_enabled", !call.Release.IsEnterprise);
        json.WriteString("auto_devops_deploy_strategy", "continuous");
        json.WriteBoolean("keep_latest_artifact", true);
        json.WriteBoolean("restrict_user_defined_variables", false);
    }

    private static void WriteMergeRequestSettings(Utf8JsonWriter json)
    {
        json.WriteBoolean("only_allow_merge_if_pipeline_succeeds", false);
        json.WriteNull("allow_merge_on_skipped_pipeline");
        json.WriteBoolean("request_access_enabled", true);
        json.WriteBoolean("only_allow_merge_if_all_discussions_are_resolved", false);
        json.WriteBoolean("remove_source_branch_after_merge", true);
        json.WriteBoolean("printing_merge_request_link_enabled", true);
        json.WriteString("merge_method", "merge");
        json.WriteString("squash_option", "default_off");
        json.WriteBoolean("enforce_auth_checks_on_uploads", true);
        json.WriteNull("suggestion_commit_message");
        json.WriteNull("merge_commit_template");
        json.WriteNull("squash_commit_template");
        json.WriteNull("issue_branch_template");
        json.WriteBoolean("warn_about_potentially_unwanted_characters", true);
        json.WriteBoolean("autoclose_referenced_issues", true);
        json.WriteString("external_authorization_classification_label", "");
    }

    private static void WriteEnterprise(Utf8JsonWriter json, SandboxProject project, GitLabRelease release)
    {
        json.WriteBoolean("requirements_enabled", false);
        json.WriteBoolean("security_and_compliance_enabled", false);
        json.WriteStartArray("compliance_frameworks");
        json.WriteEndArray();
        if (!release.HasDelayedDeletion)
            return;
        json.WriteString("marked_for_deletion_at", Json.Date(project.MarkedForDeletionOn));
        json.WriteString("marked_for_deletion_on", Json.Date(project.MarkedForDeletionOn));
    }

    /// <summary>Both null for people who are no members, and that includes admins.</summary>
    private static void WritePermissions(Utf8JsonWriter json, SandboxProject project, Viewer viewer)
    {
        json.WriteStartObject("permissions");
        WriteAccess(json, "project_access", viewer.ProjectLevel(project));
        WriteAccess(json, "group_access", project.Namespace is SandboxGroup ? viewer.GroupLevel(project.Namespace) : 0);
        json.WriteEndObject();
    }

    private static void WriteAccess(Utf8JsonWriter json, string name, int level)
    {
        if (level == 0)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        json.WriteNumber("access_level", level);
        json.WriteNumber("notification_level", 3);
        json.WriteEndObject();
    }

    private static string DescriptionHtml(string? description) => string.IsNullOrEmpty(description)
        ? ""
        : $"<p data-sourcepos=\"1:1-1:{description.Length}\" dir=\"auto\">{System.Net.WebUtility.HtmlEncode(description)}</p>";
}
