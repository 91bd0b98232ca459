// The stories that every app should test, each with a local Polar: `npx polar-license-mock` or `polar-license
// serve`.
// Usage: POLAR=http://127.0.0.1:8787 dotnet run --project tests
using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Http;

static class Stories
{
    static readonly string Polar = Environment.GetEnvironmentVariable("POLAR");
    static readonly HttpClient Http = new HttpClient();

    static void WithoutALicenseTheGateIsClosed(License license)
    {
        LicenseDecision now = license.Current();
        Check(!license.Allows("export") && !now.Allowed && now.NextStep == "enter_key" && now.Message != "", now.State);
    }

    static void AKeyOpensTheGateUntilItsSeatIsReleased(License license)
    {
        var states = new List<string>();
        license.Changed += now => states.Add(now.State);
        try { license.Activate("MISTYPED"); Check(false, "a mistyped key was accepted"); }
        catch (LicenseException error) { Check(error.Kind == "refused" && error.Message != "", error.Kind); }
        license.Activate("DEMO-ONE-DEVICE");
        Check(license.Allows("export"), license.Current().Message);
        Check(license.Deactivate() == "released" && !license.Allows("export"), license.Current().Message);
        Check(string.Join(" ", states) == "active unlicensed", string.Join(" ", states));
    }

    static void WithoutANetworkTheGateStaysOpen(License license)
    {
        license.Activate("DEMO-PLAIN");
        Steer("POST", "/faults", @"{""fault"": ""drop_connection""}");
        Check(license.Validate().Allowed && license.Allows("export"), license.Current().Message);
    }

    static void ARevokedKeyClosesTheGate(License license)
    {
        license.Activate("DEMO-PLAIN");
        Steer("PATCH", "/keys/DEMO-PLAIN", @"{""status"": ""revoked""}");
        Check(license.Validate().Reason == "inactive" && !license.Allows("export"), license.Current().Message);
    }

    static void ALicenseOfAnotherPlanIsExplained(License license)
    {
        license.Activate("DEMO-BASIC");
        string why = license.Explain("export");
        Check(!license.Allows("export") && why.Contains("does not include"), why);
    }

    static void Main()
    {
        Run(WithoutALicenseTheGateIsClosed);
        Run(AKeyOpensTheGateUntilItsSeatIsReleased);
        Run(WithoutANetworkTheGateStaysOpen);
        Run(ARevokedKeyClosesTheGate);
        Run(ALicenseOfAnotherPlanIsExplained);
    }

    /// Runs a story with the license of a new user, after the local Polar was reset.
    static void Run(Action<License> story)
    {
        Steer("POST", "/reset", "");
        string directory = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName())).FullName;
        string settings = @"{
            ""organizationId"": ""de300000-0000-4000-8000-000000000001"", ""appId"": ""com.acme.app"",
            ""environment"": """ + Polar + @""", ""features"": { ""export"": [""de300000-0000-4000-8000-0000000000b1""] }
        }";
        using (var license = new License(settings, directory)) story(license);
        Directory.Delete(directory, true);
        Console.WriteLine("ok: " + story.Method.Name);
    }

    /// Sends a command to the local Polar.
    static void Steer(string method, string path, string body)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), Polar + "/_mock" + path);
        request.Content = new StringContent(body);
        Http.SendAsync(request).Result.EnsureSuccessStatusCode();
    }

    static void Check(bool holds, string why)
    {
        if (!holds) throw new Exception(why);
    }
}
