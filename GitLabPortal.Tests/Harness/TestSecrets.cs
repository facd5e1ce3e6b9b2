using System.Xml.Linq;
using GitLabPortal.Security;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.DependencyInjection;

namespace GitLabPortal.Tests.Harness;

/// <summary>A protector with keys of its own, in memory.</summary>
public static class TestSecrets
{
    public static SecretProtector NewProtector()
    {
        var services = new ServiceCollection();
        services.AddDataProtection();
        services.Configure<KeyManagementOptions>(o => o.XmlRepository = new Keys());
        var provider = services.BuildServiceProvider();
        return new SecretProtector(provider.GetRequiredService<IDataProtectionProvider>(), provider.GetRequiredService<IKeyManager>());
    }

    private sealed class Keys : IXmlRepository
    {
        private readonly List<XElement> elements = [];

        public IReadOnlyCollection<XElement> GetAllElements() => [.. elements];

        public void StoreElement(XElement element, string friendlyName) => elements.Add(element);
    }
}
