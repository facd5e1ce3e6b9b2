using System.Data;
using FluentValidation;
using GitLabPortal.Accounts;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Teams;

/// <param name="Email">If given, only a person with this address may use the link.</param>
/// <param name="Role">What the person will be.</param>
public sealed record InvitationRequest(string? Email, TeamRole Role);

public sealed class InvitationRequestValidator : AbstractValidator<InvitationRequest>
{
    public InvitationRequestValidator() => RuleFor(r => r.Email).Email().When(r => !string.IsNullOrWhiteSpace(r.Email));
}

/// <param name="Code">Stands in the link. It is not stored: this is the only time that it can be shown.</param>
/// <param name="ExpiresAt">The link works until then.</param>
public sealed record CreatedInvitation(string Code, DateTimeOffset ExpiresAt)
{
    public override string ToString() => $"{nameof(CreatedInvitation)} {{ ExpiresAt = {ExpiresAt} }}";
}

/// <summary>Makes a link that lets one person join.</summary>
public sealed class CreateInvitation(IDbContextFactory<PortalDb> contexts, TimeProvider clock)
{
    internal static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);
    internal const int MaxOpen = 200;

    private static readonly InvitationRequestValidator Validator = new();

    public async Task<Result<CreatedInvitation>> RunAsync(TeamAccess access, InvitationRequest request, CancellationToken cancellationToken)
    {
        if (Validator.Validate(request).Errors is [var error, ..]) return new Problem.Invalid("invitation-invalid", error.ErrorMessage, error.PropertyName);
        if (!Enum.IsDefined(request.Role)) return new Problem.Invalid("role-unknown", "There is no such role.");

        var email = string.IsNullOrWhiteSpace(request.Email) ? null : AccountRules.TidyEmail(request.Email);
        var code = OneTimeCode.New();
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken);
        var confirmed = await TeamAuthorizer.ReconfirmAsync(db, access, TeamRole.Admin, cancellationToken);
        if (!confirmed.IsSuccess) return confirmed.Problem;
        if (request.Role > confirmed.Value.Role) return new Problem.Forbidden("owners-only", "Only an owner can invite owners.");
        if (email is not null && await IsMemberAsync(db, access.TeamId, email, cancellationToken))
        {
            return new Problem.Invalid("already-member", "A person with this address is in the team already.", nameof(InvitationRequest.Email));
        }

        var open = await db.Set<Invitation>().CountAsync(i => i.TeamId == access.TeamId && i.UsedAt == null && i.ExpiresAt > now, cancellationToken);
        if (open >= MaxOpen) return new Problem.Conflict("too-many-invitations", $"The team has {MaxOpen} open invitations. Revoke some first.");

        var invitation = new Invitation
        {
            TeamId = access.TeamId,
            CodeHash = OneTimeCode.Hash(code),
            Email = email,
            Role = request.Role,
            CreatedById = access.AccountId,
            CreatedAt = now,
            ExpiresAt = now + Lifetime,
        };
        db.Add(invitation);
        db.Record(
            now, access.TeamId, access.AccountId, access.AccountName, "invitation.created", $"{email ?? "Anyone with the link"} as {request.Role}");
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new CreatedInvitation(code, invitation.ExpiresAt);
    }

    private static async Task<bool> IsMemberAsync(PortalDb db, Guid teamId, string email, CancellationToken cancellationToken)
    {
        var normalized = AccountRules.NormalizeEmail(email);
        return await db.Set<TeamMember>().AnyAsync(m => m.TeamId == teamId && m.Account!.NormalizedEmail == normalized, cancellationToken);
    }
}
