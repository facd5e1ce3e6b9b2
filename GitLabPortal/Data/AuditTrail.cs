namespace GitLabPortal.Data;

public static class AuditTrail
{
    /// <summary>Adds an audit event to the context; it is saved with the act that it records.</summary>
    public static void Record(
        this PortalDb db, DateTimeOffset at, Guid? teamId, Guid? actorId, string actorName, string action, string subject) =>
        db.Set<AuditEvent>().Add(new AuditEvent
        {
            At = at,
            TeamId = teamId,
            ActorId = actorId,
            ActorName = actorName,
            Action = action,
            Subject = subject.Length > 1000 ? subject[..1000] : subject,
        });
}
