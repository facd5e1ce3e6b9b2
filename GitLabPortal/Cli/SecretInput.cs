using GitLabPortal.Kernel;

namespace GitLabPortal.Cli;

/// <summary>Secrets come from a file or from standard input: arguments can be seen by everybody on the machine and stay in histories.</summary>
internal static class SecretInput
{
    private const int MaxLength = 64 * 1024;

    /// <param name="source">A file's path, or <c>-</c> for standard input.</param>
    /// <param name="what">E.g. <c>token</c>, for the problem's words.</param>
    /// <returns>The text without the line end that editors and <c>echo</c> add.</returns>
    public static async Task<Result<string>> ReadAsync(string source, string what, CommandConsole console, CancellationToken cancellationToken)
    {
        string text;
        try
        {
            if (source == "-")
            {
                text = await ReadAsync(console.In, cancellationToken);
            }
            else
            {
                using var file = new StreamReader(source);
                text = await ReadAsync(file, cancellationToken);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return new Problem.Invalid("secret-unreadable", $"The {what} could not be read from {source}. Give a file that exists and that you may read, or - for standard input.");
        }

        text = text.TrimEnd('\r', '\n');
        return text.Length switch
        {
            0 => new Problem.Invalid("secret-empty", $"There is no {what} in {(source == "-" ? "standard input" : source)}."),
            >= MaxLength => new Problem.Invalid("secret-too-long", $"What {(source == "-" ? "standard input" : source)} holds is too long for a {what}."),
            _ => text,
        };
    }

    private static async Task<string> ReadAsync(TextReader reader, CancellationToken cancellationToken)
    {
        var buffer = new char[MaxLength + 2];
        return new string(buffer, 0, await reader.ReadBlockAsync(buffer, cancellationToken));
    }
}
