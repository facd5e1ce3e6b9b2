using System.Text.Json;
using GitLabPortal.Connections;
using GitLabPortal.Kernel;

namespace GitLabPortal.Cli;

/// <summary>How results and problems are written. Problems are always told in words on the error stream; with JSON also as an object on the output.</summary>
internal sealed class CommandForm(CommandConsole console, bool isJson)
{
    private static readonly JsonSerializerOptions Json = new(ReadableFinding.Json) { WriteIndented = true };

    public async Task WriteAsync(CommandOutput output)
    {
        if (isJson) await WriteJsonAsync(output.Data);
        else foreach (var line in output.Words) await console.Out.WriteLineAsync(line);
    }

    public async Task WriteAsync(Problem problem)
    {
        if (isJson)
        {
            var findings = (problem as Problem.Refused)?.Findings;
            await WriteJsonAsync(new { Error = new { problem.Code, problem.Message, Field = (problem as Problem.Invalid)?.Field, Findings = findings } });
        }

        await WriteWordsAsync(problem);
    }

    public async Task WriteWordsAsync(Problem problem)
    {
        await console.Error.WriteLineAsync(problem.Message);
        if (problem is not Problem.Refused refused) return;
        foreach (var line in Lines(refused.Findings.Where(f => f.Status is FindingStatus.Failed or FindingStatus.Warning)))
            await console.Error.WriteLineAsync(line);
    }

    /// <summary>Findings as people read them: what was seen, and who does what about it.</summary>
    public static IEnumerable<string> Lines(IEnumerable<Finding> findings)
    {
        foreach (var finding in findings)
        {
            yield return $"  [{Word(finding.Status)}] {finding.Title}: {finding.Seen}";
            if (finding.Fix.Length > 0) yield return $"          {Who(finding.Owner)}{finding.Fix}";
            if (finding.Status is not (FindingStatus.Failed or FindingStatus.Warning)) continue;
            foreach (var fact in finding.Facts) yield return $"          {fact.Label}: {fact.Value}";
        }
    }

    /// <summary>Columns under their headings, separated by two spaces; the last one is not padded.</summary>
    public static IEnumerable<string> Table(IReadOnlyList<string> headings, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        var widths = headings.Select((heading, column) => rows.Select(r => r[column].Length).Append(heading.Length).Max()).ToList();
        foreach (var row in rows.Prepend(headings))
            yield return string.Join("  ", row.Select((cell, column) => column == row.Count - 1 ? cell : cell.PadRight(widths[column]))).TrimEnd();
    }

    private static string Word(FindingStatus status) => status switch
    {
        FindingStatus.Passed => "ok",
        FindingStatus.Information => "info",
        FindingStatus.Warning => "warning",
        FindingStatus.Failed => "failed",
        _ => "waiting",
    };

    private static string Who(FixOwner owner) => owner switch
    {
        FixOwner.GitLabAdmin => "A GitLab administrator: ",
        FixOwner.NetworkAdmin => "Who runs the network: ",
        FixOwner.PortalOperator => "Who runs the portal: ",
        _ => "",
    };

    private async Task WriteJsonAsync(object data) => await console.Out.WriteLineAsync(JsonSerializer.Serialize(data, data.GetType(), Json));
}
