namespace GitLabPortal.SignIn;

/// <summary>Section <c>SignIn</c>.</summary>
public sealed class SignInOptions
{
    public const string Section = "SignIn";

    /// <summary>How many wrong passwords, set-up codes and invitation codes one address may send in a minute.</summary>
    public int FailuresPerMinute { get; init; } = 30;

    /// <summary>The problems with these settings, each beginning with its key.</summary>
    public IEnumerable<string> Problems()
    {
        if (FailuresPerMinute is < 1 or > 100_000) yield return $"SignIn:FailuresPerMinute is {FailuresPerMinute}. Give a number from 1 to 100000.";
    }
}

/// <summary>Section <c>Setup</c>.</summary>
public sealed class SetUpOptions
{
    public const string Section = "Setup";

    /// <summary>The code of the set-up link, for automation; empty means a random one, printed at start.</summary>
    public string Code { get; init; } = "";

    /// <summary>The problems with these settings, each beginning with its key.</summary>
    public IEnumerable<string> Problems()
    {
        if (Code.Length > 200) yield return "Setup:Code is longer than 200 characters.";
        if (Code.Length > 0 && string.IsNullOrWhiteSpace(Code)) yield return "Setup:Code is blank. Give a long random text, or leave it empty.";
    }
}
