// License keys sold through Polar: calls the C library of polar-license by P/Invoke. Copy this file into your program.
using System;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

/// Says whether the app may run, and why.
public sealed class LicenseDecision
{
    public readonly bool Allowed;
    public readonly string State; // such as "active", "grace", "unlicensed"
    public readonly string Reason; // such as "activation_limit"; "unset" if the state has one cause only
    public readonly string Message; // one sentence for the user
    public readonly string NextStep; // such as "enter_key", "connect", "renew", "none"
    public readonly string NextUrl; // the page for the next step, or null

    internal LicenseDecision(IntPtr decision)
    {
        Allowed = Native.polar_license_decision_allowed(decision) != 0;
        State = Native.Text(Native.polar_license_state_name(Native.polar_license_decision_state(decision)));
        Reason = Native.Text(Native.polar_license_reason_name(Native.polar_license_decision_reason(decision)));
        Message = Native.Text(Native.polar_license_decision_message(decision));
        NextStep = Native.Text(Native.polar_license_next_step_name(Native.polar_license_decision_next_step(decision)));
        NextUrl = Native.Text(Native.polar_license_decision_next_url(decision));
    }
}

/// Says why an operation failed. Its message is a text for the user.
public sealed class LicenseException : Exception
{
    /// Such as "refused", "network".
    public readonly string Kind;

    internal LicenseException(string kind, string message) : base(message) { Kind = kind; }
}

/// A license on this device. Any thread may use the object. Dispose of it when no thread uses it any longer.
public sealed class License : IDisposable
{
    readonly Native.LicenseHandle license;
    readonly Native.ChangeCallback changed; // kept here, so that it is not collected while the library may call it

    /// Raised after an operation that changed the decision, on the thread that ran the operation.
    public event Action<LicenseDecision> Changed;

    /// Reads the license that is stored on this device, without asking Polar. `settings` is the JSON that
    /// polar_license_options_from_json describes. `directory` is the folder of the license; without it, the license is
    /// in the user's data folder.
    public License(string settings, string directory = null)
    {
        IntPtr options = Native.polar_license_options_from_json(settings);
        if (directory != null) Native.polar_license_options_set_directory(options, directory);
        int kind = Native.polar_license_open(options, out license, out IntPtr error);
        Native.polar_license_options_free(options);
        Check(kind, error);
        changed = (data, now, before) => Changed?.Invoke(new LicenseDecision(now));
        Native.polar_license_on_change(license, changed, IntPtr.Zero, IntPtr.Zero, IntPtr.Zero);
    }

    /// Takes a seat for this device if the key needs one, and stores the license. Waits at most 35 s.
    public void Activate(string key) => Check(Native.polar_license_activate(license, key, out IntPtr error), error);

    /// Asks Polar if a request is due. Call it at start. Waits at most 2 s with access, otherwise at most 10 s.
    public LicenseDecision Refresh() => Read(Native.polar_license_refresh, decision => new LicenseDecision(decision));

    /// Asks Polar now. Waits at most 10 s.
    public LicenseDecision Validate() => Read(Native.polar_license_validate, decision => new LicenseDecision(decision));

    /// Returns the current decision. Never waits.
    public LicenseDecision Current() => Read(Native.polar_license_current, decision => new LicenseDecision(decision));

    /// Returns whether a feature is on. Never waits: call it wherever the feature begins.
    public bool Allows(string feature) => Native.polar_license_allows(license, feature) != 0;

    /// Returns why a feature is on or off, in one sentence for the user.
    public string Explain(string feature) =>
        Read(Native.polar_license_current, decision => Native.Text(Native.polar_license_decision_explain(decision, feature)));

    /// Releases the seat and removes the license from this device. Returns "released", "not_needed" or another name
    /// that polar_license_deactivated_name can return. Waits at most 35 s.
    public string Deactivate()
    {
        Check(Native.polar_license_deactivate(license, out int outcome, out IntPtr error), error);
        return Native.Text(Native.polar_license_deactivated_name(outcome));
    }

    public void Dispose() => license.Dispose();

    T Read<T>(Native.Ask ask, Func<IntPtr, T> read)
    {
        ask(license, out IntPtr decision);
        T result = read(decision);
        Native.polar_license_decision_free(decision);
        return result;
    }

    static void Check(int kind, IntPtr error)
    {
        if (kind == 0) return;
        string message = Native.Text(Native.polar_license_error_message(error));
        Native.polar_license_error_free(error);
        throw new LicenseException(Native.Text(Native.polar_license_kind_name(kind)), message);
    }
}

/// The functions of polar_license.h. The library owns the strings that they return.
static class Native
{
    const string Library = "polar_license";
    const UnmanagedType Utf8 = UnmanagedType.LPUTF8Str;

    public sealed class LicenseHandle : SafeHandleZeroOrMinusOneIsInvalid
    {
        LicenseHandle() : base(true) { }
        protected override bool ReleaseHandle() { polar_license_free(handle); return true; }
    }

    public delegate int Ask(LicenseHandle license, out IntPtr decision);
    public delegate void ChangeCallback(IntPtr data, IntPtr now, IntPtr before);

    public static string Text(IntPtr text) => Marshal.PtrToStringUTF8(text);

    [DllImport(Library)] public static extern IntPtr polar_license_options_from_json([MarshalAs(Utf8)] string settings);
    [DllImport(Library)] public static extern int polar_license_options_set_directory(IntPtr options, [MarshalAs(Utf8)] string directory);
    [DllImport(Library)] public static extern void polar_license_options_free(IntPtr options);
    [DllImport(Library)] public static extern int polar_license_open(IntPtr options, out LicenseHandle license, out IntPtr error);
    [DllImport(Library)] public static extern void polar_license_free(IntPtr license);
    [DllImport(Library)] public static extern int polar_license_activate(LicenseHandle license, [MarshalAs(Utf8)] string key, out IntPtr error);
    [DllImport(Library)] public static extern int polar_license_refresh(LicenseHandle license, out IntPtr decision);
    [DllImport(Library)] public static extern int polar_license_validate(LicenseHandle license, out IntPtr decision);
    [DllImport(Library)] public static extern int polar_license_current(LicenseHandle license, out IntPtr decision);
    [DllImport(Library)] public static extern int polar_license_allows(LicenseHandle license, [MarshalAs(Utf8)] string feature);
    [DllImport(Library)] public static extern int polar_license_deactivate(LicenseHandle license, out int outcome, out IntPtr error);
    [DllImport(Library)] public static extern int polar_license_on_change(LicenseHandle license, ChangeCallback callback, IntPtr data, IntPtr destructor, IntPtr subscription);
    [DllImport(Library)] public static extern int polar_license_decision_allowed(IntPtr decision);
    [DllImport(Library)] public static extern int polar_license_decision_state(IntPtr decision);
    [DllImport(Library)] public static extern int polar_license_decision_reason(IntPtr decision);
    [DllImport(Library)] public static extern int polar_license_decision_next_step(IntPtr decision);
    [DllImport(Library)] public static extern IntPtr polar_license_decision_next_url(IntPtr decision);
    [DllImport(Library)] public static extern IntPtr polar_license_decision_message(IntPtr decision);
    [DllImport(Library)] public static extern IntPtr polar_license_decision_explain(IntPtr decision, [MarshalAs(Utf8)] string feature);
    [DllImport(Library)] public static extern void polar_license_decision_free(IntPtr decision);
    [DllImport(Library)] public static extern IntPtr polar_license_error_message(IntPtr error);
    [DllImport(Library)] public static extern void polar_license_error_free(IntPtr error);
    [DllImport(Library)] public static extern IntPtr polar_license_kind_name(int kind);
    [DllImport(Library)] public static extern IntPtr polar_license_state_name(int state);
    [DllImport(Library)] public static extern IntPtr polar_license_reason_name(int reason);
    [DllImport(Library)] public static extern IntPtr polar_license_next_step_name(int nextStep);
    [DllImport(Library)] public static extern IntPtr polar_license_deactivated_name(int outcome);
}
