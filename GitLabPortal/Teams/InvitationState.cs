using GitLabPortal.Kernel;

namespace GitLabPortal.Teams;

public enum InvitationState { Open, Unknown, Used, Expired }

internal static class InvitationStates
{
    public static InvitationState Of(Invitation? invitation, DateTimeOffset now) => invitation switch
    {
        null => InvitationState.Unknown,
        { UsedAt: not null } => InvitationState.Used,
        _ when invitation.ExpiresAt <= now => InvitationState.Expired,
        _ => InvitationState.Open,
    };

    /// <summary>What to say about a link that cannot be used; null for one that can.</summary>
    public static Problem? Problem(this InvitationState state) => state switch
    {
        InvitationState.Unknown => new Problem.NotFound(
            "invitation-unknown", "This invitation does not exist. It was revoked, or the link was not copied whole. Ask for a new one."),
        InvitationState.Used => new Problem.Conflict(
            "invitation-used", "Somebody has used this invitation already; each link lets in one person. Ask for one of your own."),
        InvitationState.Expired => new Problem.Conflict(
            "invitation-expired", "This invitation has expired; links work for 7 days. Ask for a new one."),
        _ => null,
    };
}
