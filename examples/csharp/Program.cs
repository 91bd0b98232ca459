// A program with one feature that a license turns on.
// Usage: dotnet run -- [KEY | --deactivate]
using System;

static class Program
{
    // In Polar, the organization's id is in Settings, General, and the feature's id is the id of the license key
    // benefit.
    const string Settings = @"{
        ""organizationId"": ""de300000-0000-4000-8000-000000000001"",
        ""appId"": ""com.acme.app"",
        ""environment"": ""ENVIRONMENT"",
        ""features"": { ""export"": [""de300000-0000-4000-8000-0000000000b1""] }
    }";

    static int Main(string[] arguments)
    {
        // in tests, POLAR names a local Polar; a release sets no environment
        string environment = Environment.GetEnvironmentVariable("POLAR") ?? "production";
        string argument = arguments.Length > 0 ? arguments[0] : null;
        try
        {
            using (var license = new License(Settings.Replace("ENVIRONMENT", environment)))
            {
                if (argument == "--deactivate")
                {
                    Console.WriteLine(license.Deactivate() == "released" ? "the seat is free" : "there was no seat");
                    return 0;
                }
                license.Refresh(); // returns at once if the last confirmation is fresh
                // Activates only if the feature is off. With a license, the program works while Polar is down.
                if (argument != null && !license.Allows("export")) license.Activate(argument);
                if (license.Allows("export")) Console.WriteLine("exporting");
                else Console.Error.WriteLine(license.Explain("export")); // no license, or one for another plan
            }
            return 0;
        }
        catch (LicenseException error)
        {
            Console.Error.WriteLine(error.Message);
            return 1;
        }
    }
}
