namespace GitLabPortal.Tests.Sandbox;

/// <summary>Words for a company's groups and repositories, and the names that break careless clients.</summary>
internal static class Vocabulary
{
    public static readonly string[] Departments =
        ["platform", "payments", "mobile", "data", "infrastructure", "security", "commerce", "research", "design-system", "support-tools", "logistics", "legacy"];

    public static readonly string[] Teams =
        ["identity", "billing", "checkout", "search", "notifications", "reporting", "ingest", "edge", "observability", "release", "catalog", "messaging", "fraud", "onboarding", "partners", "archive"];

    public static readonly string[] Subjects =
        ["ledger", "invoice", "customer", "order", "session", "audit", "feature-flag", "webhook", "email", "pricing", "tax", "inventory", "shipment", "refund", "consent", "report", "metrics", "schema", "image", "token", "profile", "catalog", "quote", "device", "event", "document", "geo", "batch", "config", "backup"];

    public static readonly string[] Things =
        ["service", "api", "worker", "ui", "sdk", "cli", "gateway", "operator", "terraform", "helm-chart", "docs", "proxy", "importer", "exporter", "scheduler", "playground", "e2e-tests", "migrations", "client-go", "client-java", "android", "ios", "lambda", "connector"];

    public static readonly string[] Topics =
        ["backend", "frontend", "kotlin", "golang", "dotnet", "ruby", "kubernetes", "terraform", "machine-learning", "deprecated", "internal-tool", "customer-facing", "pci", "gdpr"];

    public static readonly string[] Branches = ["main", "main", "main", "main", "master", "master", "develop", "trunk", "release/2.x", "デフォルト"];

    /// <summary>(name, description) pairs; each world has all of them near its start.</summary>
    public static readonly (string Name, string? Description)[] Awkward =
    [
        ("Überweisungsprüfung", "Prüft Überweisungen vor der Ausführung – größer, schöner, öfter"),
        ("支払いゲートウェイ", "決済プロバイダーへの接続を一つの API にまとめる"),
        ("Платёжный шлюз", "Внутренний сервис маршрутизации платежей"),
        ("🚀 launchpad", "Start here 🧑‍🚀👩🏽‍💻 — family 👨‍👩‍👧‍👦 and flag 🏴󠁧󠁢󠁳󠁣󠁴󠁿"),
        ("<script>alert('x')</script>", "<img src=x onerror=alert(1)><b>bold?</b> &amp; \"quoted\" 'single'"),
        ("بوابة الدفع", "خدمة داخلية لتوجيه المدفوعات \u202Eback to front\u202C"),
        (new string('w', 240) + "-the-longest", new string('l', 1900) + " end of a very long description"),
        ("Tabs\tand  double  spaces", "Line one\nline two\r\nline three\u0001"),
        ("e\u0301clair (combining)", "Zero\u200Bwidth and no\u00A0break"),
        ("Z̸̧͙a̵͖͋l̶̰̈g̶̹̀o̷̡̚", "Stacked marks must not leave their row"),
        ("=HYPERLINK(\"http://example.invalid\")", "+1-2; a,b\tc: a spreadsheet would run this"),
        ("100% done & counting", "Percent %2F, plus +, hash #, question ?, semicolon ;"),
        ("0", "A name that reads as false"),
        ("null", null),
        ("O'Brien's \"tools\"", "Quotes of \u2018all\u2019 \u201Ckinds\u201D"),
    ];
}
