namespace GitLabPortal.SignIn;

/// <summary>Section <c>SignIn</c>.</summary>
public sealed class SignInOptions
{
    public const string Section = "SignIn";

    /// <summary>How many wrong passwords, set-up codes and invitation codes one address may send in a minute.</summary>
    public int FailuresPerMinute { get; init; } = 30;

    /// <summary>
    /// Lets anybody who holds a GitLab admin's token set up sign-in for a server that the portal does not know. It brings nobody into a team.
    /// </summary>
    public bool OpenSetup { get; init; }

    /// <summary>How often GitLab is asked whether the people who sign in with it are still welcome there.</summary>
    public TimeSpan CheckInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The problems with these settings, each beginning with its key.</summary>
    public IEnumerable<string> Problems()
    {
        if (CheckInterval < TimeSpan.FromSeconds(10) || CheckInterval > TimeSpan.FromDays(1)) yield return $"SignIn:CheckInterval is {CheckInterval}. Give a time from 00:00:10 to 1.00:00:00.";
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
