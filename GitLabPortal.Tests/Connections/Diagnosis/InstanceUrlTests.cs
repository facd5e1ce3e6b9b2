using FsCheck;
using FsCheck.Fluent;
using GitLabPortal.Connections;
using GitLabPortal.Kernel;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Connections.Diagnosis;

public sealed class InstanceUrlTests
{
    [Theory]
    [InlineData("https://git.example.com", "https://git.example.com")]
    [InlineData("https://git.example.com/", "https://git.example.com")]
    [InlineData("https://git.example.com///", "https://git.example.com")]
    [InlineData("git.example.com", "https://git.example.com")]
    [InlineData("  git.example.com \t\r\n", "https://git.example.com")]
    [InlineData("\u200Bhttps://git.example.com\u200B\uFEFF", "https://git.example.com")]
    [InlineData("https://git.ex\u00ADample.com", "https://git.example.com")]
    [InlineData("\u202Ehttps://git.example.com\u202C", "https://git.example.com")]
    [InlineData("\"https://git.example.com\"", "https://git.example.com")]
    [InlineData("'git.example.com'", "https://git.example.com")]
    [InlineData("“https://git.example.com”", "https://git.example.com")]
    [InlineData("<https://git.example.com/>", "https://git.example.com")]
    [InlineData("`https://git.example.com`,", "https://git.example.com")]
    [InlineData("(https://git.example.com)", "https://git.example.com")]
    [InlineData("HTTPS://GIT.Example.COM/", "https://git.example.com")]
    [InlineData("git.example.com.", "https://git.example.com")]
    [InlineData("https:/git.example.com", "https://git.example.com")]
    [InlineData("https//git.example.com", "https://git.example.com")]
    [InlineData("https:\\\\git.example.com\\gitlab", "https://git.example.com/gitlab")]
    [InlineData("//git.example.com", "https://git.example.com")]
    [InlineData("http://git.example.com", "http://git.example.com")]
    [InlineData("http://git.example.com:80/", "http://git.example.com")]
    [InlineData("https://git.example.com:443/", "https://git.example.com")]
    [InlineData("https://git.example.com:80", "https://git.example.com:80")]
    [InlineData("git.example.com:8443", "https://git.example.com:8443")]
    [InlineData("localhost:3000", "https://localhost:3000")]
    [InlineData("gitlab", "https://gitlab")]
    [InlineData("git_lab.intern", "https://git_lab.intern")]
    [InlineData("https://git.example.com/users/sign_in", "https://git.example.com")]
    [InlineData("https://git.example.com/users/sign_in?redirect=1#top", "https://git.example.com")]
    [InlineData("https://git.example.com/api/v4", "https://git.example.com")]
    [InlineData("https://git.example.com/api/v4/projects?per_page=1", "https://git.example.com")]
    [InlineData("https://git.example.com/gitlab/api/v4/", "https://git.example.com/gitlab")]
    [InlineData("https://git.example.com/-/profile/personal_access_tokens", "https://git.example.com")]
    [InlineData("https://git.example.com/-/user_settings/personal_access_tokens?name=x&scopes=api", "https://git.example.com")]
    [InlineData("https://git.example.com/gitlab/-/admin", "https://git.example.com/gitlab")]
    [InlineData("https://git.example.com/help", "https://git.example.com")]
    [InlineData("https://git.example.com/explore/projects", "https://git.example.com")]
    [InlineData("https://git.example.com/dashboard/projects", "https://git.example.com")]
    [InlineData("https://git.example.com/admin/users", "https://git.example.com")]
    [InlineData("https://git.example.com/gitlab/group/project/-/tree/main/a@b", "https://git.example.com/gitlab/group/project")]
    [InlineData("https://git.example.com/gitlab", "https://git.example.com/gitlab")]
    [InlineData("https://git.example.com/GitLab/", "https://git.example.com/GitLab")]
    [InlineData("https://git.example.com//gitlab//", "https://git.example.com/gitlab")]
    [InlineData("https://git.example.com/group/project.git", "https://git.example.com/group/project")]
    [InlineData("https://git.example.com/a/../b/./c", "https://git.example.com/a/b/c")]
    [InlineData("https://bücher.example", "https://xn--bcher-kva.example")]
    [InlineData("BÜCHER.example:8443/gitlab", "https://xn--bcher-kva.example:8443/gitlab")]
    [InlineData("https://гитлаб.рф/", "https://xn--80aceup5b.xn--p1ai")]
    [InlineData("https://例え．テスト", "https://xn--r8jz45g.xn--zckzah")]
    [InlineData("１２７.0.0.1", "https://127.0.0.1")]
    [InlineData("https://10.0.0.5/", "https://10.0.0.5")]
    [InlineData("https://2130706433/", "https://127.0.0.1")]
    [InlineData("https://0x7f.1/", "https://127.0.0.1")]
    [InlineData("https://[2001:DB8::1]:8443/gitlab", "https://[2001:db8::1]:8443/gitlab")]
    [InlineData("[::1]", "https://[::1]")]
    [InlineData("git@git.example.com:group/project.git", "https://git.example.com")]
    [InlineData("ssh://git@git.example.com:2222/group/project.git", "https://git.example.com")]
    [InlineData("git+ssh://git@git.example.com/group/project.git", "https://git.example.com")]
    [InlineData("https://user:secret@git.example.com/gitlab", "https://git.example.com/gitlab")]
    [InlineData("user:secret@git.example.com", "https://git.example.com")]
    [InlineData("https://oauth2:glpat-abc@git.example.com/group/project.git", "https://git.example.com/group/project")]
    [InlineData("https://user:se/cr?et#x@git.example.com/gitlab", "https://git.example.com/gitlab")]
    [InlineData("https://user:1/2@git.example.com", "https://git.example.com")]
    [InlineData("https://git.example.com?next=https://evil.example", "https://git.example.com")]
    public void Understands_what_people_paste(string pasted, string expected)
    {
        var parsed = InstanceUrl.Parse(pasted);

        parsed.IsSuccess.ShouldBeTrue(parsed.Problem?.Code);
        parsed.Value!.BaseUrl.ShouldBe(expected);
    }

    [Theory]
    [InlineData(null, "address-empty")]
    [InlineData("", "address-empty")]
    [InlineData(" \t\u200B\"\" ", "address-empty")]
    [InlineData("our gitlab server", "address-invalid")]
    [InlineData("https://", "address-invalid")]
    [InlineData("https:///", "address-invalid")]
    [InlineData("https://git.example.com:99999", "address-invalid")]
    [InlineData("https://git.example.com:port", "address-invalid")]
    [InlineData("https://git..example.com", "address-invalid")]
    [InlineData("https://[::1", "address-invalid")]
    [InlineData("https://exa%6Dple.com", "address-invalid")]
    [InlineData("javascript:alert(1)", "address-invalid")]
    [InlineData("ftp://git.example.com", "address-scheme")]
    [InlineData("file:///etc/passwd", "address-scheme")]
    [InlineData("gopher://git.example.com", "address-scheme")]
    [InlineData("mailto:me@example.com", "address-scheme")]
    [InlineData("data:text/html,hello", "address-scheme")]
    public void Refuses_what_is_no_address(string? pasted, string code) =>
        InstanceUrl.Parse(pasted).Problem.ShouldBeOfType<Problem.Invalid>().Code.ShouldBe(code);

    [Fact]
    public void Refuses_texts_that_are_too_long() =>
        InstanceUrl.Parse("https://git.example.com/" + new string('a', 2000)).Problem!.Code.ShouldBe("address-too-long");

    [Fact]
    public void Notes_what_was_dropped_or_assumed()
    {
        var url = InstanceUrl.Parse("https://user:secret@git.example.com").Value!;
        (url.HadScheme, url.HadCredentials, url.WasSsh).ShouldBe((true, true, false));
        InstanceUrl.Parse("git.example.com").Value!.HadScheme.ShouldBeFalse();
        InstanceUrl.Parse("git@git.example.com:a/b.git").Value!.WasSsh.ShouldBeTrue();
        InstanceUrl.Parse("http://git.example.com").Value!.IsPlainHttp.ShouldBeTrue();
    }

    [Theory]
    [InlineData("gitlab.com", true)]
    [InlineData("https://www.gitlab.com/users/sign_in", true)]
    [InlineData("https://GitLab.com./group/project", true)]
    [InlineData("git@gitlab.com:group/project.git", true)]
    [InlineData("https://gitlab.com.example.org", false)]
    [InlineData("https://mygitlab.com", false)]
    public void Recognises_gitlab_com(string pasted, bool expected) => InstanceUrl.Parse(pasted).Value!.IsGitLabCom.ShouldBe(expected);

    [Fact]
    public void Offers_every_base_that_the_text_may_mean()
    {
        InstanceUrl.Parse("https://host/gitlab/group/project/-/issues").Value!.Candidates().Select(c => c.BaseUrl).ShouldBe(
            ["https://host/gitlab/group/project", "https://host/gitlab/group", "https://host/gitlab", "https://host"]);
        InstanceUrl.Parse("https://host/a/b/c/d/e/f/g").Value!.Candidates().Select(c => c.Path).ShouldBe(["/a/b/c/d", "/a/b/c", "/a/b", "/a", ""]);
        InstanceUrl.Parse("https://host").Value!.Candidates().Select(c => c.BaseUrl).ShouldBe(["https://host"]);
    }

    [Theory]
    [InlineData("https://host", true, "http://host")]
    [InlineData("https://host:8443/gitlab", true, "http://host:8443/gitlab")]
    [InlineData("http://host", false, "https://host")]
    public void Changes_the_scheme_with_its_own_port(string from, bool toPlainHttp, string expected) =>
        InstanceUrl.Parse(from).Value!.WithScheme(toPlainHttp).BaseUrl.ShouldBe(expected);

    [Fact]
    public void Never_throws_and_reads_its_own_result_alike() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(3000), Prop.ForAll(Pasted().ToArbitrary(), text =>
    {
        var parsed = InstanceUrl.Parse(text);
        if (!parsed.IsSuccess) return parsed.Problem.Message.Length > 0;
        var url = parsed.Value;
        var again = InstanceUrl.Parse(url.BaseUrl);
        return again.IsSuccess && again.Value.BaseUrl == url.BaseUrl && !url.BaseUrl.EndsWith('/') && url.ToUri().IsAbsoluteUri
            && url.Candidates().All(c => InstanceUrl.Parse(c.BaseUrl).Value?.BaseUrl == c.BaseUrl);
    }));

    [Fact]
    public void Never_keeps_a_password() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(3000), Prop.ForAll(Passwords().ToArbitrary(), password =>
    {
        var marked = "Pw7" + password + "Zq9";
        // A lone user name with a slash in it cannot be told from a host with a path.
        var name = string.Concat(marked.Split('/', '?', '#', '\\'));
        foreach (var text in new[] { $"https://user:{marked}@git.example.com/gitlab", $"user:{marked}@git.example.com", $"http://{name}@git.example.com:8080/a/b", $"https://user:12?{marked}@git.example.com" })
        {
            var parsed = InstanceUrl.Parse(text);
            var shown = parsed.IsSuccess ? parsed.Value.BaseUrl + parsed.Value : parsed.Problem.Message;
            if (shown.Contains("pw7", StringComparison.OrdinalIgnoreCase) || shown.Contains("zq9", StringComparison.OrdinalIgnoreCase)) return false;
        }

        return true;
    }));

    private static Gen<string> Passwords() =>
        Gen.Elements("a0:/?#[]!$&'()*+,;=%-._~|\\^ä\"<> ".ToCharArray()).ArrayOf(12).Select(c => new string(c));

    private static Gen<string> Pasted()
    {
        var piece = Gen.Elements(
            "https://", "http://", "HTTPS:", "ssh://", "git@", "user:pw@", "git.example.com", "[::1]", "127.1", ":8443", ":", "/", "//", "/-/", "/api/v4", "/gitlab",
            "/users/sign_in", "?a=b", "#x", " ", "\t", "\0", "\u200B", "\uD800", "ä", "例え", "%2F", "%", "@", ".git", "..", ".", "<", ">", "\"", "'", "\\", "xn--", "-", "_", "😀", "\u202E");
        return Gen.OneOf(piece.ArrayOf(6).Select(string.Concat), ArbMap.Default.GeneratorFor<string>().Select(s => s ?? ""));
    }
}
