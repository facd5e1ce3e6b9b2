using System.Collections.Concurrent;
using GitLabPortal.Kernel;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Harness;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Teams;

public sealed class ManagingMembersTests : IAsyncLifetime
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

    // Who, does what to whom: an owner manages everybody, an admin everybody but owners, a member nobody.
    [Theory]
    [InlineData(TeamRole.Owner, TeamRole.Member, TeamRole.Owner, null)]
    [InlineData(TeamRole.Owner, TeamRole.Admin, TeamRole.Member, null)]
    [InlineData(TeamRole.Owner, TeamRole.Owner, TeamRole.Member, null)]
    [InlineData(TeamRole.Admin, TeamRole.Member, TeamRole.Admin, null)]
    [InlineData(TeamRole.Admin, TeamRole.Admin, TeamRole.Member, null)]
    [InlineData(TeamRole.Admin, TeamRole.Member, TeamRole.Owner, "owners-only")]
    [InlineData(TeamRole.Admin, TeamRole.Owner, TeamRole.Member, "owners-only")]
    [InlineData(TeamRole.Member, TeamRole.Member, TeamRole.Admin, "role-too-low")]
    [InlineData(TeamRole.Member, TeamRole.Owner, TeamRole.Member, "role-too-low")]
    [InlineData(TeamRole.Owner, TeamRole.Member, (TeamRole)7, "role-unknown")]
    public async Task Roles_are_changed_by_those_who_may(TeamRole actor, TeamRole before, TeamRole after, string? refusal)
    {
        var by = await people.JoinAsync(owner, actor, "Actor");
        var subject = await people.JoinAsync(owner, before, "Subject");

        var result = await ChangeRoleAsync(by, subject, after);

        result.Code().ShouldBe(refusal);
        (await people.RoleAsync(subject)).ShouldBe(refusal is null ? after : before);
        changes.ShouldBe(refusal is null ? [new MembershipChanged(owner.TeamId, subject.AccountId)] : []);
        (await people.AuditAsync()).ShouldBe(refusal is null ? ["member.role-changed"] : []);
    }

    [Theory]
    [InlineData(TeamRole.Owner, TeamRole.Owner, null)]
    [InlineData(TeamRole.Owner, TeamRole.Member, null)]
    [InlineData(TeamRole.Admin, TeamRole.Admin, null)]
    [InlineData(TeamRole.Admin, TeamRole.Member, null)]
    [InlineData(TeamRole.Admin, TeamRole.Owner, "owners-only")]
    [InlineData(TeamRole.Member, TeamRole.Member, "role-too-low")]
    public async Task Members_are_removed_by_those_who_may(TeamRole actor, TeamRole subject, string? refusal)
    {
        var by = await people.JoinAsync(owner, actor, "Actor");
        var gone = await people.JoinAsync(owner, subject, "Subject");

        (await RemoveAsync(by, gone)).Code().ShouldBe(refusal);

        (await people.RoleAsync(gone)).ShouldBe(refusal is null ? null : subject);
        changes.ShouldBe(refusal is null ? [new MembershipChanged(owner.TeamId, gone.AccountId)] : []);
        (await people.AuditAsync()).ShouldBe(refusal is null ? ["member.removed"] : []);
    }

    [Fact]
    public async Task The_last_owner_can_neither_leave_nor_step_down_nor_remove_themselves()
    {
        await people.JoinAsync(owner, TeamRole.Admin);

        (await LeaveAsync(owner)).Code().ShouldBe("last-owner");
        (await ChangeRoleAsync(owner, owner, TeamRole.Member)).Code().ShouldBe("last-owner");
        (await RemoveAsync(owner, owner)).Code().ShouldBe("leave-instead");
        (await people.RoleAsync(owner)).ShouldBe(TeamRole.Owner);
        changes.ShouldBeEmpty();
    }

    [Fact]
    public async Task Of_owners_who_all_leave_at_once_one_stays()
    {
        List<TeamAccess> owners = [owner];
        for (var i = 0; i < 5; i++) owners.Add(await people.JoinAsync(owner, TeamRole.Owner, $"Owner {i}"));

        var results = await Task.WhenAll(owners.Select(o => Task.Run(() => LeaveAsync(o))));

        results.Count(r => r.Code() == "last-owner").ShouldBe(1);
        (await people.Teams.MembersAsync(owner, CancellationToken.None)).ShouldHaveSingleItem().Role.ShouldBe(TeamRole.Owner);
    }

    [Fact]
    public async Task Two_owners_who_remove_or_demote_each_other_at_once_leave_one_owner()
    {
        var other = await people.JoinAsync(owner, TeamRole.Owner, "Other");

        await Task.WhenAll(
            Task.Run(() => RemoveAsync(owner, other)),
            Task.Run(() => ChangeRoleAsync(other, owner, TeamRole.Member)));

        var members = await people.Teams.MembersAsync(owner, CancellationToken.None);
        members.Count(m => m.Role == TeamRole.Owner).ShouldBe(1);
    }

    [Fact]
    public async Task A_permission_from_before_counts_for_nothing()
    {
        var admin = await people.JoinAsync(owner, TeamRole.Admin, "Admin");
        var member = await people.JoinAsync(owner, TeamRole.Member, "Member");
        await RemoveAsync(owner, admin);

        (await RemoveAsync(admin, member)).Code().ShouldBe("team-not-found");
        (await ChangeRoleAsync(admin, member, TeamRole.Admin)).Code().ShouldBe("team-not-found");
        (await LeaveAsync(admin)).Code().ShouldBe("member-not-found");
        (await people.RoleAsync(member)).ShouldBe(TeamRole.Member);
    }

    [Fact]
    public async Task Somebody_of_another_team_cannot_be_touched()
    {
        var other = await people.Db.AddTeamAsync("other", await people.Db.AddAccountAsync("Eve"));

        (await RemoveAsync(owner, other)).Code().ShouldBe("member-not-found");
        (await ChangeRoleAsync(owner, other, TeamRole.Member)).Code().ShouldBe("member-not-found");
        (await people.RoleAsync(other)).ShouldBe(TeamRole.Owner);
    }

    [Fact]
    public async Task Leaving_is_for_every_role()
    {
        var member = await people.JoinAsync(owner, TeamRole.Member);

        (await LeaveAsync(member)).IsSuccess.ShouldBeTrue();

        (await people.RoleAsync(member)).ShouldBeNull();
        changes.ShouldBe([new MembershipChanged(owner.TeamId, member.AccountId)]);
        (await people.AuditAsync()).ShouldBe(["member.left"]);
    }

    [Fact]
    public async Task Changing_to_the_same_role_does_nothing()
    {
        (await ChangeRoleAsync(owner, owner, TeamRole.Owner)).IsSuccess.ShouldBeTrue();

        changes.ShouldBeEmpty();
        (await people.AuditAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_list_begins_with_owners_and_goes_on_by_name()
    {
        await people.JoinAsync(owner, TeamRole.Member, "bea");
        await people.JoinAsync(owner, TeamRole.Admin, "Zoe");
        await people.JoinAsync(owner, TeamRole.Member, "Abe");

        var names = (await people.Teams.MembersAsync(owner, CancellationToken.None)).Select(m => m.Name);

        names.ShouldBe(["Ada", "Zoe", "Abe", "bea"]);
    }

    private Task<Result> ChangeRoleAsync(TeamAccess by, TeamAccess subject, TeamRole role) =>
        new ChangeRole(people.Db, people.Clock, people.Memberships).RunAsync(by, subject.AccountId, role, CancellationToken.None);

    private Task<Result> RemoveAsync(TeamAccess by, TeamAccess subject) =>
        new RemoveMember(people.Db, people.Clock, people.Memberships).RunAsync(by, subject.AccountId, CancellationToken.None);

    private Task<Result> LeaveAsync(TeamAccess who) =>
        new LeaveTeam(people.Db, people.Clock, people.Memberships).RunAsync(who, CancellationToken.None);
}
