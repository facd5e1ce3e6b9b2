using System.Collections.Concurrent;
using GitLabPortal.Accounts;
using GitLabPortal.Kernel;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Harness;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Teams;

public sealed class InvitingTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<MembershipChanged> changes = [];
    private PeopleDb people = null!;
    private TeamAccess owner = null!;

    public async ValueTask InitializeAsync()
    {
        people = await PeopleDb.CreateAsync();
        owner = await people.Db.AddTeamAsync("rocket", await people.Db.AddAccountAsync("Ada"));
        people.Memberships.Subscribe(changes.Enqueue);
    }

    public ValueTask DisposeAsync() => people.DisposeAsync();

    [Theory]
    [InlineData(TeamRole.Owner, TeamRole.Owner, null)]
    [InlineData(TeamRole.Admin, TeamRole.Admin, null)]
    [InlineData(TeamRole.Admin, TeamRole.Member, null)]
    [InlineData(TeamRole.Admin, TeamRole.Owner, "owners-only")]
    [InlineData(TeamRole.Member, TeamRole.Member, "role-too-low")]
    [InlineData(TeamRole.Owner, (TeamRole)9, "role-unknown")]
    public async Task Nobody_invites_above_their_own_role(TeamRole actor, TeamRole role, string? refusal)
    {
        var by = await people.JoinAsync(owner, actor);

        (await InviteAsync(by, role: role)).Code().ShouldBe(refusal);

        (await people.Teams.InvitationsAsync(owner, CancellationToken.None)).Count.ShouldBe(refusal is null ? 1 : 0);
    }

    [Fact]
    public async Task The_code_itself_is_not_stored()
    {
        var created = (await InviteAsync(owner)).Value!;

        await using var db = people.Db.CreateDbContext();
        var row = await db.Set<Invitation>().SingleAsync();
        row.CodeHash.ShouldNotContain(created.Code);
        created.ToString().ShouldNotContain(created.Code);
        created.ExpiresAt.ShouldBe(people.Clock.GetUtcNow().AddDays(7));
        (await people.AuditAsync()).ShouldBe(["invitation.created"]);
    }

    [Fact]
    public async Task A_new_person_gets_an_account_and_the_role()
    {
        var code = (await InviteAsync(owner, role: TeamRole.Admin)).Value!.Code;

        var joined = (await RegisterAsync(code, "grace@example.com")).Value.ShouldNotBeNull();

        joined.Slug.ShouldBe("rocket");
        joined.Account.IsPortalAdministrator.ShouldBeFalse();
        (await people.Teams.ForAccountAsync(joined.Account.Id, CancellationToken.None)).ShouldHaveSingleItem().Role.ShouldBe(TeamRole.Admin);
        (await people.PasswordCheck.ByEmailAsync("grace@example.com", PeopleDb.Password, CancellationToken.None)).IsSuccess.ShouldBeTrue();
        changes.ShouldBe([new MembershipChanged(owner.TeamId, joined.Account.Id)]);
        (await people.Teams.InvitationsAsync(owner, CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Somebody_with_an_account_just_joins()
    {
        var code = (await InviteAsync(owner)).Value!.Code;
        var account = await people.Db.AddAccountAsync("Grace");

        (await AcceptAsync(code, account)).IsSuccess.ShouldBeTrue();

        (await people.Teams.ForAccountAsync(account.Id, CancellationToken.None)).ShouldHaveSingleItem().Role.ShouldBe(TeamRole.Member);
    }

    [Fact]
    public async Task A_link_lets_in_one_person_even_when_ten_come_at_once()
    {
        var code = (await InviteAsync(owner)).Value!.Code;

        var results = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Task.Run(() => RegisterAsync(code, $"person{i}@example.com"))));

        results.Count(r => r.IsSuccess).ShouldBe(1);
        results.Where(r => !r.IsSuccess).ShouldAllBe(r => r.Code() == "invitation-used");
        (await people.Teams.MembersAsync(owner, CancellationToken.None)).Count.ShouldBe(2);
        await using var db = people.Db.CreateDbContext();
        (await db.Set<Account>().CountAsync()).ShouldBe(2);
    }

    [Fact]
    public async Task One_address_gets_one_account_when_two_links_are_used_at_once()
    {
        var codes = new[] { (await InviteAsync(owner)).Value!.Code, (await InviteAsync(owner)).Value!.Code };

        var results = await Task.WhenAll(codes.Select(c => Task.Run(() => RegisterAsync(c, "grace@example.com"))));

        results.Count(r => r.IsSuccess).ShouldBe(1);
        results.Single(r => !r.IsSuccess).Code().ShouldBe("email-taken");
        (await people.Teams.InvitationsAsync(owner, CancellationToken.None)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task It_expires()
    {
        var code = (await InviteAsync(owner)).Value!.Code;
        people.Clock.Advance(TimeSpan.FromDays(7) - TimeSpan.FromSeconds(1));
        (await people.Teams.FindInvitationAsync(code, CancellationToken.None)).State.ShouldBe(InvitationState.Open);
        people.Clock.Advance(TimeSpan.FromSeconds(1));

        (await RegisterAsync(code, "grace@example.com")).Code().ShouldBe("invitation-expired");
        (await people.Teams.FindInvitationAsync(code, CancellationToken.None)).State.ShouldBe(InvitationState.Expired);
        (await people.Teams.InvitationsAsync(owner, CancellationToken.None)).ShouldHaveSingleItem().IsExpired.ShouldBeTrue();
    }

    [Theory]
    [InlineData("grace@example.com", "GRACE@example.com ", null)]
    [InlineData("grace@example.com", "eve@example.com", "invitation-for-another")]
    public async Task It_can_be_for_one_address_only(string invited, string comes, string? refusal)
    {
        var code = (await InviteAsync(owner, invited)).Value!.Code;

        (await RegisterAsync(code, comes)).Code().ShouldBe(refusal);

        (await people.FindByEmailAsync(comes) is null).ShouldBe(refusal is not null);
    }

    [Fact]
    public async Task It_is_not_used_up_by_somebody_who_is_in_the_team()
    {
        var code = (await InviteAsync(owner)).Value!.Code;

        (await AcceptAsync(code, await people.FindAsync(owner.AccountId))).Code().ShouldBe("already-member");

        (await RegisterAsync(code, "grace@example.com")).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public async Task It_is_not_used_up_by_a_registration_that_fails()
    {
        var code = (await InviteAsync(owner)).Value!.Code;

        (await RegisterAsync(code, "not an address")).Code().ShouldBe("account-invalid");
        (await RegisterAsync(code, (await people.FindAsync(owner.AccountId)).Email!)).Code().ShouldBe("email-taken");

        (await RegisterAsync(code, "grace@example.com")).IsSuccess.ShouldBeTrue();
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("' OR 1=1 --")]
    public async Task An_unknown_code_tells_nothing(string code)
    {
        (await RegisterAsync(code, "grace@example.com")).Code().ShouldBe("invitation-unknown");
        (await people.Teams.FindInvitationAsync(code, CancellationToken.None)).ShouldBe(InvitationView.Unknown);
    }

    [Fact]
    public async Task A_revoked_link_is_dead()
    {
        var code = (await InviteAsync(owner)).Value!.Code;
        var row = (await people.Teams.InvitationsAsync(owner, CancellationToken.None)).Single();

        (await RevokeAsync(owner, row.Id)).IsSuccess.ShouldBeTrue();
        (await RevokeAsync(owner, row.Id)).IsSuccess.ShouldBeTrue();

        (await RegisterAsync(code, "grace@example.com")).Code().ShouldBe("invitation-unknown");
        (await people.AuditAsync()).ShouldBe(["invitation.created", "invitation.revoked"]);
    }

    [Fact]
    public async Task Only_those_who_may_revoke_and_only_in_their_team()
    {
        var code = (await InviteAsync(owner)).Value!.Code;
        var row = (await people.Teams.InvitationsAsync(owner, CancellationToken.None)).Single();
        var member = await people.JoinAsync(owner, TeamRole.Member);
        var other = await people.Db.AddTeamAsync("other", await people.Db.AddAccountAsync("Eve"));

        (await RevokeAsync(member, row.Id)).Code().ShouldBe("role-too-low");
        await RevokeAsync(other, row.Id);

        (await people.Teams.InvitationsAsync(member, CancellationToken.None)).ShouldBeEmpty();
        (await RegisterAsync(code, "grace@example.com")).IsSuccess.ShouldBeTrue();
        (await RevokeAsync(owner, row.Id)).Code().ShouldBe("invitation-used");
    }

    [Fact]
    public async Task The_links_of_somebody_who_is_removed_or_demoted_die_with_their_right_to_make_them()
    {
        var other = await people.JoinAsync(owner, TeamRole.Owner, "Other");
        var asOwner = (await InviteAsync(other, role: TeamRole.Owner)).Value!.Code;
        var asMember = (await InviteAsync(other)).Value!.Code;

        await new ChangeRole(people.Db, people.Clock, people.Memberships).RunAsync(owner, other.AccountId, TeamRole.Admin, CancellationToken.None);
        (await RegisterAsync(asOwner, "eve@example.com")).Code().ShouldBe("invitation-unknown");
        (await people.Teams.FindInvitationAsync(asMember, CancellationToken.None)).State.ShouldBe(InvitationState.Open);

        await new RemoveMember(people.Db, people.Clock, people.Memberships).RunAsync(owner, other.AccountId, CancellationToken.None);
        (await AcceptAsync(asMember, await people.FindAsync(other.AccountId))).Code().ShouldBe("invitation-unknown");
    }

    [Fact]
    public async Task Refuses_an_address_that_is_none_or_is_in_the_team()
    {
        (await InviteAsync(owner, "nonsense")).Problem.ShouldBeOfType<Problem.Invalid>().Field.ShouldBe("Email");
        (await InviteAsync(owner, (await people.FindAsync(owner.AccountId)).Email!.ToUpperInvariant())).Code().ShouldBe("already-member");
        (await InviteAsync(owner, "   ")).IsSuccess.ShouldBeTrue();
    }

    private Task<Result<CreatedInvitation>> InviteAsync(TeamAccess by, string? email = null, TeamRole role = TeamRole.Member) =>
        new CreateInvitation(people.Db, people.Clock).RunAsync(by, new InvitationRequest(email, role), CancellationToken.None);

    private Task<Result> RevokeAsync(TeamAccess by, Guid id) =>
        new RevokeInvitation(people.Db, people.Clock).RunAsync(by, id, CancellationToken.None);

    private AcceptInvitation Accept => new(people.Db, people.Clock, people.Registrar, people.Memberships);

    private Task<Result<JoinedTeam>> RegisterAsync(string code, string email) =>
        Accept.RunAsync(code, new AccountRegistration("Grace", email, PeopleDb.Password), CancellationToken.None);

    private Task<Result<JoinedTeam>> AcceptAsync(string code, Account account) => Accept.RunAsync(code, account.Id, CancellationToken.None);
}
