var builder = WebApplication.CreateBuilder(args);
builder.Services.AddRazorComponents().AddInteractiveServerComponents();
var app = builder.Build();
var files = new Microsoft.Extensions.FileProviders.ManifestEmbeddedFileProvider(typeof(Program).Assembly, "web");
app.UseStaticFiles(new StaticFileOptions { FileProvider = files });
app.UseAntiforgery();
app.MapRazorComponents<GitLabPortal.Shell.App>().AddInteractiveServerRenderMode();
app.Run();
