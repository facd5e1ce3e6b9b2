using GitLabPortal.Kernel;
using static GitLabPortal.Kernel.FindingStatus;
using static GitLabPortal.Kernel.FixOwner;

namespace GitLabPortal.Connections;

/// <summary>What can be said of a pasted address before anything is looked up.</summary>
internal static class AddressCodes
{
    public static readonly DiagnosisCode Understood = new("address-understood", Passed, "Address");
    public static readonly DiagnosisCode Empty = new("address-empty", Failed, "No address", "Enter the address of your GitLab, for example https://gitlab.example.com.", You);
    public static readonly DiagnosisCode TooLong = new("address-too-long", Failed, "Too long for an address", "Paste the address of your GitLab's start page only.", You);
    public static readonly DiagnosisCode Scheme = new("address-scheme", Failed, "Not a web address", "Use the address that opens GitLab in a browser. It begins with https:// (or http://).", You);
    public static readonly DiagnosisCode Invalid = new("address-invalid", Failed, "Not an address", "Paste the address of your GitLab's start page, for example https://gitlab.example.com.", You);
    public static readonly DiagnosisCode IsToken = new("address-is-token", Failed, "A token, not an address", "Paste the address of your GitLab's start page here. The token is asked for later.", You);
    public static readonly DiagnosisCode CredentialsDropped = new("address-had-password", Information, "User name and password left out", "If the password was real, change it: it may be in your clipboard or in a document.", You);
    public static readonly DiagnosisCode WasSsh = new("address-was-ssh", Information, "SSH address understood", "If GitLab's web pages have another host name, enter that one.", You);
    public static readonly DiagnosisCode GitLabCom = new("gitlab-com", Failed, "This is gitlab.com", "Connect gitlab.com in your profile, under git integrations. This page is for your own GitLab servers.", You);
}
