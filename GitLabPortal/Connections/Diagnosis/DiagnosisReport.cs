using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using GitLabPortal.Kernel;
using GitLabPortal.Security;

namespace GitLabPortal.Connections;

/// <summary>A text for whoever must put things right: what failed, the exact setting, and a line that shows it again. Holds no secret.</summary>
public static partial class DiagnosisReport
{
    /// <param name="findings">Of a diagnosis, in order.</param>
    /// <param name="address">Where GitLab was sought; null when nothing was understood.</param>
    /// <param name="portal">Says where the portal calls from and whom to ask.</param>
    /// <param name="now">The report's date.</param>
    public static string Write(IReadOnlyList<Finding> findings, InstanceUrl? address, PortalOptions portal, DateTimeOffset now)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"GitLabPortal diagnosis, {now.UtcDateTime:yyyy-MM-dd HH:mm} UTC\n");
        if (address is not null) text.Append("GitLab: ").Append(address.BaseUrl).Append('\n');
        text.Append("Called from: ").Append(portal.EgressAddresses.Length > 0 ? string.Join(", ", portal.EgressAddresses) : "the portal's machine").Append('\n');

        var number = 0;
        foreach (var finding in findings.Where(IsTrouble)) Describe(text, finding, address, ++number);
        if (number == 0) text.Append("\nNothing is wrong.\n");
        List(text, "As it should be", findings.Where(f => f.Status is FindingStatus.Passed or FindingStatus.Information));
        List(text, "Not checked yet", findings.Where(f => f.Status is FindingStatus.Waiting));
        if (portal.SupportContact.Length > 0) text.Append("\nQuestions about the portal: ").Append(portal.SupportContact).Append('\n');
        return Redact(text.ToString());
    }

    private static bool IsTrouble(Finding finding) => finding.Status is FindingStatus.Failed or FindingStatus.Warning;

    private static void Describe(StringBuilder text, Finding finding, InstanceUrl? address, int number)
    {
        var code = DiagnosisCodes.Find(finding.Code);
        text.Append(CultureInfo.InvariantCulture, $"\n{number}. {(finding.Status is FindingStatus.Failed ? "FAILED" : "WARNING")}: {finding.Title} [{finding.Code}]\n");
        Line("Seen", finding.Seen);
        Line("Fix", $"{Who(finding.Owner)}{finding.Fix}");
        Line("Setting", code?.Setting ?? "");
        Line("Means", code?.Means ?? "");
        foreach (var fact in finding.Facts) Line(fact.Label, fact.Value);
        if (address is not null) Line("Try", Command(finding, address));

        void Line(string label, string value)
        {
            if (value.Length > 0) text.Append("   ").Append(label).Append(": ").Append(value).Append('\n');
        }
    }

    private static void List(StringBuilder text, string label, IEnumerable<Finding> findings)
    {
        var titles = findings.Select(f => f.Title).Distinct(StringComparer.Ordinal).ToList();
        if (titles.Count > 0) text.Append('\n').Append(label).Append(": ").Append(string.Join("; ", titles)).Append(".\n");
    }

    private static string Who(FixOwner owner) => owner switch
    {
        FixOwner.GitLabAdmin => "(GitLab administrator) ",
        FixOwner.NetworkAdmin => "(network administrator) ",
        FixOwner.PortalOperator => "(operator of the portal) ",
        FixOwner.You => "(owner of the connection) ",
        _ => "",
    };

    /// <summary>A line for a shell on the portal's machine; the token, where one is needed, is put into TOKEN by whoever runs it.</summary>
    private static string Command(Finding finding, InstanceUrl address)
    {
        const string WithToken = "curl --include --header \"PRIVATE-TOKEN: $TOKEN\"";
        // Canonical: escaped, so that nothing in it ends the quotes.
        var api = $"{address.BaseUrl}/api/v4";
        return finding.Phase switch
        {
            null or "address" or "rules" => "",
            "name" or "connection" or "other-addresses" or "tls" => $"curl --verbose --connect-timeout 10 '{api}/version'",
            "own-address" => $"curl '{address.BaseUrl}/.well-known/openid-configuration'",
            "http" or "gitlab" or "clock" => $"curl --include '{api}/version'",
            "account" => $"{WithToken} '{api}/user'",
            "version" => $"{WithToken} '{api}/version'",
            "path" => $"{WithToken} '{api}/projects/{Uri.EscapeDataString(Project(finding))}'",
            "git" => $"curl --include --user \"oauth2:$TOKEN\" '{address.BaseUrl}/{string.Join('/', Project(finding).Split('/').Select(Uri.EscapeDataString))}.git/info/refs?service=git-upload-pack'",
            "token" or "expiry" or "scopes" => $"{WithToken} '{api}/personal_access_tokens/self'",
            "groups" => $"{WithToken} '{api}/groups?per_page=1'",
            _ => $"{WithToken} '{api}/projects?per_page=1'",
        };
    }

    private static string Project(Finding finding) => finding.Facts.FirstOrDefault(f => f.Label == ProjectFact)?.Value ?? "group/project";

    /// <summary>The label of the fact that names the project with which something was tried.</summary>
    internal const string ProjectFact = "Project";

    /// <summary>Findings hold no secret; but names that people gave may, such as a token that was named by its own value.</summary>
    private static string Redact(string text) => UserInfoPattern().Replace(TokenPattern().Replace(text, "<token>"), "${scheme}<removed>@");

    [GeneratedRegex(@"\b(gl[a-z]{2,8}|ghp|github_pat)[-_][A-Za-z0-9_.\-]{8,}", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex TokenPattern();

    [GeneratedRegex(@"(?<scheme>https?://)[^/@\s']+@", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex UserInfoPattern();
}
