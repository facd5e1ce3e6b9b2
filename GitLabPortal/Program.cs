using GitLabPortal.Data;
using GitLabPortal.Shell;
using GitLabPortal.Teams;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddData(builder.Configuration);
builder.Services.AddRazorComponents().AddInteractiveServerComponents();
builder.Services.AddSingleton<TeamAuthorizer>();
var app = builder.Build();
await app.Services.GetRequiredService<DatabaseUpgrade>().RunAsync(CancellationToken.None);
var files = new Microsoft.Extensions.FileProviders.ManifestEmbeddedFileProvider(typeof(Program).Assembly, "web");
app.UseStaticFiles(new StaticFileOptions { FileProvider = files });
app.UseAntiforgery();
app.MapRazorComponents<App>().AddInteractiveServerRenderMode();
app.Run();
