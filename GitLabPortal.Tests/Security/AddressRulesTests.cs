using System.Net;
using GitLabPortal.Security;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Security;

public sealed class AddressRulesTests
{
    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("93.184.216.34")]
    [InlineData("172.32.0.1")]
    [InlineData("100.128.0.1")]
    [InlineData("2606:2800:220:1::1")]
    [InlineData("64:ff9b::808:808")]
    [InlineData("2002:808:808::1")]
    [InlineData("::ffff:8.8.8.8")]
    public void Public_addresses_are_allowed(string address) =>
        new AddressRules(new OutboundOptions()).Judge(IPAddress.Parse(address)).ShouldBe(new AddressVerdict(AddressKind.Public));

    [Theory]
    [InlineData("10.0.0.1")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.254")]
    [InlineData("192.168.1.1")]
    [InlineData("100.64.0.1")]
    [InlineData("fd12:3456::1")]
    [InlineData("::ffff:10.1.2.3")]
    [InlineData("64:ff9b::a00:1")]
    [InlineData("64:ff9b:1::a00:1")]
    [InlineData("fd12:3456::1%3")]
    public void Private_networks_are_what_the_product_is_for(string address) =>
        new AddressRules(new OutboundOptions()).Judge(IPAddress.Parse(address)).ShouldBe(new AddressVerdict(AddressKind.Private));

    [Theory]
    [InlineData("127.0.0.1", "loopback")]
    [InlineData("127.1.2.3", "loopback")]
    [InlineData("127.255.255.255", "loopback")]
    [InlineData("::1", "loopback")]
    [InlineData("0.0.0.0", "unspecified")]
    [InlineData("0.1.2.3", "unspecified")]
    [InlineData("::", "unspecified")]
    [InlineData("169.254.0.1", "link-local")]
    [InlineData("169.254.255.255", "link-local")]
    [InlineData("fe80::1", "link-local")]
    [InlineData("fe80::1%1", "link-local")]
    [InlineData("febf::1", "link-local")]
    [InlineData("169.254.169.254", "cloud-metadata")]
    [InlineData("169.254.170.2", "cloud-metadata")]
    [InlineData("169.254.170.23", "cloud-metadata")]
    [InlineData("169.254.169.253", "cloud-metadata")]
    [InlineData("100.100.100.200", "cloud-metadata")]
    [InlineData("168.63.129.16", "cloud-metadata")]
    [InlineData("192.0.0.192", "cloud-metadata")]
    [InlineData("fd00:ec2::254", "cloud-metadata")]
    [InlineData("fd00:ec2::254%2", "cloud-metadata")]
    [InlineData("fd20:ce::254", "cloud-metadata")]
    [InlineData("fd00:42::42", "cloud-metadata")]
    [InlineData("224.0.0.1", "multicast")]
    [InlineData("239.255.255.250", "multicast")]
    [InlineData("ff02::1", "multicast")]
    [InlineData("255.255.255.255", "broadcast")]
    [InlineData("240.0.0.1", "reserved")]
    [InlineData("192.0.0.1", "reserved")]
    [InlineData("100::1", "reserved")]
    [InlineData("::ffff:127.0.0.1", "loopback")]
    [InlineData("::ffff:7f00:1", "loopback")]
    [InlineData("::ffff:169.254.169.254", "cloud-metadata")]
    [InlineData("::ffff:0.0.0.0", "unspecified")]
    [InlineData("::ffff:224.0.0.1", "multicast")]
    [InlineData("::127.0.0.1", "loopback inside IPv4-compatible")]
    [InlineData("::169.254.169.254", "cloud-metadata inside IPv4-compatible")]
    [InlineData("::ffff:0:127.0.0.1", "loopback inside IPv4-translated")]
    [InlineData("::ffff:0:a9fe:a9fe", "cloud-metadata inside IPv4-translated")]
    [InlineData("2002:7f00:1::", "loopback inside 6to4")]
    [InlineData("2002:a9fe:a9fe::1", "cloud-metadata inside 6to4")]
    [InlineData("2002:0:1::", "unspecified inside 6to4")]
    [InlineData("64:ff9b::7f00:1", "loopback inside NAT64")]
    [InlineData("64:ff9b::a9fe:a9fe", "cloud-metadata inside NAT64")]
    [InlineData("64:ff9b::e000:1", "multicast inside NAT64")]
    [InlineData("64:ff9b:1::7f00:1", "loopback inside NAT64")]
    [InlineData("64:ff9b:1:a9fe:a9:fe00::", "cloud-metadata inside NAT64")]
    [InlineData("2001:0:7f00:1::", "loopback inside Teredo")]
    [InlineData("2001:0:808:808:0:0:80ff:fffe", "loopback inside Teredo")]
    [InlineData("2001:0:808:808:0:0:5601:5601", "cloud-metadata inside Teredo")]
    [InlineData("2001:db8::5efe:7f00:1", "loopback inside ISATAP")]
    [InlineData("2001:db8::200:5efe:a9fe:a9fe", "cloud-metadata inside ISATAP")]
    public void Dangerous_addresses_are_refused_by_name_of_the_rule(string address, string rule) =>
        new AddressRules(new OutboundOptions()).Judge(IPAddress.Parse(address)).ShouldBe(new AddressVerdict(AddressKind.Refused, rule));

    [Theory]
    [InlineData("127.0.0.0/8", "127.0.0.1")]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("127.0.0.0/8", "::ffff:127.0.0.1")]
    [InlineData("127.0.0.0/8", "2002:7f00:1::")]
    [InlineData("::1/128", "::1")]
    [InlineData("203.0.113.0/24", "203.0.113.7")]
    [InlineData("169.254.0.0/16", "169.254.10.10")]
    public void A_listed_network_is_allowed_and_counts_as_private(string network, string address) =>
        new AddressRules(new OutboundOptions { AllowedNetworks = [network] }).Judge(IPAddress.Parse(address)).Kind.ShouldBe(AddressKind.Private);

    [Fact]
    public void A_list_adds_and_never_replaces()
    {
        var rules = new AddressRules(new OutboundOptions { AllowedNetworks = ["203.0.113.0/24"] });

        rules.Judge(IPAddress.Parse("8.8.8.8")).Kind.ShouldBe(AddressKind.Public);
        rules.Judge(IPAddress.Parse("10.0.0.1")).Kind.ShouldBe(AddressKind.Private);
        rules.Judge(IPAddress.Loopback).IsRefused.ShouldBeTrue();
    }

    [Theory]
    [InlineData("10.0.0.0/8", true)]
    [InlineData("10.1.2.3/8", true)]
    [InlineData("192.168.1.1", true)]
    [InlineData("fd00::/8", true)]
    [InlineData("::1", true)]
    [InlineData("", false)]
    [InlineData("10.0.0.0/33", false)]
    [InlineData("10.0.0.0/-1", false)]
    [InlineData("10.0.0.0/8/8", false)]
    [InlineData("10", false)]
    [InlineData("0x7f.1", false)]
    [InlineData("localhost", false)]
    [InlineData("fe80::1%3", false)]
    public void Settings_take_networks_and_addresses_only(string text, bool isValid) =>
        OutboundOptionsValidator.Problems(new OutboundOptions { AllowedNetworks = [text] }).Any().ShouldBe(!isValid);

    [Fact]
    public void Every_wrong_setting_is_named_by_its_key()
    {
        var problems = OutboundOptionsValidator.Problems(new OutboundOptions
        {
            AllowedNetworks = ["10.0.0.0/8", "ten"],
            ConnectTimeout = TimeSpan.Zero,
            RequestTimeout = TimeSpan.FromHours(1),
            MaxResponseBytes = 5,
        }).ToArray();

        problems.Length.ShouldBe(4);
        problems.Select(p => p.Split(": ")[0]).ShouldBe(["Outbound:AllowedNetworks:1", "Outbound:ConnectTimeout", "Outbound:RequestTimeout", "Outbound:MaxResponseBytes"]);
    }
}
