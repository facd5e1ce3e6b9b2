using GitLabPortal.Kernel;
using static GitLabPortal.Kernel.FindingStatus;
using static GitLabPortal.Kernel.FixOwner;

namespace GitLabPortal.Connections;

/// <summary>What <c>gitlabportal doctor</c> says of the portal's own configuration.</summary>
internal static class PortalCodes
{
    public static readonly DiagnosisCode Settings = new("portal-settings", Passed, "Settings");
    public static readonly DiagnosisCode DataWritable = new("portal-data", Passed, "Data directory");
    public static readonly DiagnosisCode DataRefused = new("portal-data-refused", Failed, "Data directory not writable", "Let the portal's user write there, or name another directory.", PortalOperator) { Setting = "Data:Directory in the portal's appsettings.json" };
    public static readonly DiagnosisCode Address = new("portal-address", Passed, "Portal's address");
    public static readonly DiagnosisCode AddressMissing = new("portal-address-missing", Warning, "Portal's address not set", "Set Portal:PublicUrl to the address people use, so that links and GitLab's calls back lead there.", PortalOperator) { Setting = "Portal:PublicUrl in the portal's appsettings.json" };
    public static readonly DiagnosisCode AddressPlain = new("portal-address-plain", Warning, "Portal reached without encryption", "Put a reverse proxy with https in front of the portal and set Portal:PublicUrl to its https address: tokens are pasted there.", PortalOperator) { Setting = "Portal:PublicUrl and Portal:TrustedProxies in the portal's appsettings.json" };
    public static readonly DiagnosisCode EgressUnknown = new("portal-egress-unknown", Information, "Outgoing addresses not listed", "List the addresses that the portal's requests leave from: people need them to open firewalls.", PortalOperator) { Setting = "Portal:EgressAddresses in the portal's appsettings.json" };
    public static readonly DiagnosisCode ContactMissing = new("portal-contact-missing", Information, "Support contact not set", "Name whom people can ask when they are stuck.", PortalOperator) { Setting = "Portal:SupportContact in the portal's appsettings.json" };
    public static readonly DiagnosisCode ProxyAnswers = new("portal-proxy", Passed, "Outgoing proxy");
}
