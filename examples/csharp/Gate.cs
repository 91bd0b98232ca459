// The gate of examples/c in C#, with P/Invoke. Strings are UTF-8. Returned strings belong to the library.
// Usage: POLAR=... LD_LIBRARY_PATH=.../lib Gate.exe [KEY | --deactivate]
using System;
using System.Runtime.InteropServices;

sealed class LicenseException : Exception
{
    public LicenseException(string message) : base(message) { }
}

/// A license on this device. Any thread may use it. Dispose of it when no thread uses it any longer.
sealed class License : IDisposable
{
    const int Released = 0; // POLAR_LICENSE_DEACTIVATED_RELEASED
    IntPtr license;

    public License(string organization, string app, string environment, string feature, string benefit)
    {
        IntPtr options = Native.polar_license_options_new(organization, app);
        try
        {
            Native.polar_license_options_set_environment(options, environment);
            Native.polar_license_options_add_feature(options, feature, benefit);
            Check(Native.polar_license_open(options, out license, out IntPtr error), error);
        }
        finally
        {
            Native.polar_license_options_free(options);
        }
    }

    public void Activate(string key) => Check(Native.polar_license_activate(license, key, out IntPtr error), error);

    /// Asks Polar if that is due.
    public void Refresh() => Native.polar_license_refresh(license, IntPtr.Zero);

    public bool Allows(string feature) => Native.polar_license_allows(license, feature) != 0;

    /// Returns why the feature is on or off, in one sentence for the user.
    public string Explain(string feature)
    {
        Native.polar_license_current(license, out IntPtr decision);
        string message = Marshal.PtrToStringUTF8(Native.polar_license_decision_explain(decision, feature));
        Native.polar_license_decision_free(decision);
        return message;
    }

    public bool Deactivate()
    {
        Check(Native.polar_license_deactivate(license, out int outcome, out IntPtr error), error);
        return outcome == Released;
    }

    public void Dispose() { Native.polar_license_free(license); license = IntPtr.Zero; }

    static void Check(int kind, IntPtr error)
    {
        if (kind == 0) return;
        string message = Marshal.PtrToStringUTF8(Native.polar_license_error_message(error));
        Native.polar_license_error_free(error);
        throw new LicenseException(message);
    }

    static class Native
    {
        const string Library = "polar_license";
        const UnmanagedType Utf8 = UnmanagedType.LPUTF8Str;
        [DllImport(Library)] public static extern IntPtr polar_license_options_new([MarshalAs(Utf8)] string organization, [MarshalAs(Utf8)] string app);
        [DllImport(Library)] public static extern int polar_license_options_set_environment(IntPtr options, [MarshalAs(Utf8)] string environment);
        [DllImport(Library)] public static extern int polar_license_options_add_feature(IntPtr options, [MarshalAs(Utf8)] string feature, [MarshalAs(Utf8)] string benefit);
        [DllImport(Library)] public static extern void polar_license_options_free(IntPtr options);
        [DllImport(Library)] public static extern int polar_license_open(IntPtr options, out IntPtr license, out IntPtr error);
        [DllImport(Library)] public static extern void polar_license_free(IntPtr license);
        [DllImport(Library)] public static extern int polar_license_activate(IntPtr license, [MarshalAs(Utf8)] string key, out IntPtr error);
        [DllImport(Library)] public static extern int polar_license_refresh(IntPtr license, IntPtr decision);
        [DllImport(Library)] public static extern int polar_license_current(IntPtr license, out IntPtr decision);
        [DllImport(Library)] public static extern int polar_license_allows(IntPtr license, [MarshalAs(Utf8)] string feature);
        [DllImport(Library)] public static extern int polar_license_deactivate(IntPtr license, out int outcome, out IntPtr error);
        [DllImport(Library)] public static extern IntPtr polar_license_decision_explain(IntPtr decision, [MarshalAs(Utf8)] string feature);
        [DllImport(Library)] public static extern void polar_license_decision_free(IntPtr decision);
        [DllImport(Library)] public static extern IntPtr polar_license_error_message(IntPtr error);
        [DllImport(Library)] public static extern void polar_license_error_free(IntPtr error);
    }
}

static class Gate
{
    const string Organization = "de300000-0000-4000-8000-000000000001"; // Polar: Settings, General
    const string Pro = "de300000-0000-4000-8000-0000000000b1"; // Polar: the id of the license key benefit

    static int Main(string[] arguments)
    {
        string polar = Environment.GetEnvironmentVariable("POLAR") ?? "production";
        string argument = arguments.Length > 0 ? arguments[0] : null;
        try
        {
            using (var license = new License(Organization, "com.acme.app", polar, "export", Pro))
            {
                if (argument == "--deactivate")
                {
                    Console.WriteLine(license.Deactivate() ? "the seat is free" : "there was no seat");
                    return 0;
                }
                license.Refresh(); // returns at once if the last confirmation is fresh
                // only without a license: with one, the program works while Polar is down
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
