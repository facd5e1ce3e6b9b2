using GitLabPortal.Kernel;

namespace GitLabPortal.UI;

/// <summary>What people read for a finding's status and for who can put it right.</summary>
public static class FindingWords
{
    public static string Status(FindingStatus status) => status switch
    {
        FindingStatus.Passed => "Passed",
        FindingStatus.Warning => "Warning",
        FindingStatus.Failed => "Failed",
        FindingStatus.Waiting => "Waiting",
        _ => "Note",
    };

    public static string Owner(FixOwner owner) => owner switch
    {
        FixOwner.You => "You can fix this:",
        FixOwner.GitLabAdmin => "Your GitLab admin can fix this:",
        FixOwner.NetworkAdmin => "Your network admin can fix this:",
        FixOwner.PortalOperator => "The portal's operator can fix this:",
        _ => "What to do:",
    };
}
