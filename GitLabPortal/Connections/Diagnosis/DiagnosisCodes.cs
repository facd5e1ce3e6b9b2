using System.Reflection;

namespace GitLabPortal.Connections;

/// <summary>Every cause the portal can name, in the order in which the checks come.</summary>
internal static class DiagnosisCodes
{
    public static readonly IReadOnlyList<(string Title, IReadOnlyList<DiagnosisCode> Codes)> Chapters =
    [
        ("The address", Of(typeof(AddressCodes))),
        ("Name, network and connection", Of(typeof(NetworkCodes))),
        ("Encryption and certificate", Of(typeof(TlsCodes))),
        ("The server", Of(typeof(ServerCodes))),
        ("Answers", Of(typeof(AnswerCodes))),
        ("The token", Of(typeof(TokenCodes))),
        ("The token's account", Of(typeof(AccountCodes))),
        ("What the token reaches", Of(typeof(AccessCodes))),
        ("The connection", Of(typeof(ConnectionCodes))),
        ("The portal's own configuration", Of(typeof(PortalCodes))),
    ];

    public static readonly IReadOnlyList<DiagnosisCode> All = [.. Chapters.SelectMany(c => c.Codes)];

    public static DiagnosisCode? Find(string code) => All.FirstOrDefault(c => c.Code == code);

    private static DiagnosisCode[] Of(Type type) =>
        [.. type.GetFields(BindingFlags.Public | BindingFlags.Static).Where(f => f.FieldType == typeof(DiagnosisCode)).OrderBy(f => f.MetadataToken).Select(f => (DiagnosisCode)f.GetValue(null)!)];
}
