// The gate of examples/c in Java, with JNA.
// Usage: POLAR=... java -cp jna.jar -Djna.library.path=.../lib Gate.java [KEY | --deactivate]
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import java.util.Map;

public final class Gate {
    /** The functions of polar_license.h that are needed here. */
    interface Polar extends Library {
        Polar C = Native.load("polar_license", Polar.class, Map.of(Library.OPTION_STRING_ENCODING, "UTF-8"));
        int RELEASED = 0; // POLAR_LICENSE_DEACTIVATED_RELEASED

        Pointer polar_license_options_new(String organization, String app);
        int polar_license_options_set_environment(Pointer options, String environment);
        int polar_license_options_add_feature(Pointer options, String feature, String benefit);
        void polar_license_options_free(Pointer options);
        int polar_license_open(Pointer options, PointerByReference license, PointerByReference error);
        void polar_license_free(Pointer license);
        int polar_license_activate(Pointer license, String key, PointerByReference error);
        int polar_license_refresh(Pointer license, PointerByReference decision);
        int polar_license_current(Pointer license, PointerByReference decision);
        int polar_license_allows(Pointer license, String feature);
        int polar_license_deactivate(Pointer license, IntByReference outcome, PointerByReference error);
        String polar_license_decision_explain(Pointer decision, String feature);
        void polar_license_decision_free(Pointer decision);
        String polar_license_error_message(Pointer error);
        void polar_license_error_free(Pointer error);
    }

    /** A license on this device. Any thread may use it. Close it when no thread uses it any longer. */
    static final class License implements AutoCloseable {
        private final Pointer license;

        License(String organization, String app, String environment, String feature, String benefit) {
            Pointer options = Polar.C.polar_license_options_new(organization, app);
            PointerByReference opened = new PointerByReference(), error = new PointerByReference();
            Polar.C.polar_license_options_set_environment(options, environment);
            Polar.C.polar_license_options_add_feature(options, feature, benefit);
            int kind = Polar.C.polar_license_open(options, opened, error);
            Polar.C.polar_license_options_free(options);
            check(kind, error);
            license = opened.getValue();
        }

        void activate(String key) {
            PointerByReference error = new PointerByReference();
            check(Polar.C.polar_license_activate(license, key, error), error);
        }

        /** Asks Polar if that is due. */
        void refresh() {
            Polar.C.polar_license_refresh(license, null);
        }

        boolean allows(String feature) {
            return Polar.C.polar_license_allows(license, feature) != 0;
        }

        /** Returns why the feature is on or off, in one sentence for the user. */
        String explain(String feature) {
            PointerByReference decision = new PointerByReference();
            Polar.C.polar_license_current(license, decision);
            String message = Polar.C.polar_license_decision_explain(decision.getValue(), feature);
            Polar.C.polar_license_decision_free(decision.getValue());
            return message;
        }

        boolean deactivate() {
            IntByReference outcome = new IntByReference();
            PointerByReference error = new PointerByReference();
            check(Polar.C.polar_license_deactivate(license, outcome, error), error);
            return outcome.getValue() == Polar.RELEASED;
        }

        @Override
        public void close() {
            Polar.C.polar_license_free(license);
        }

        private static void check(int kind, PointerByReference error) {
            if (kind == 0) return;
            String message = Polar.C.polar_license_error_message(error.getValue());
            Polar.C.polar_license_error_free(error.getValue());
            throw new IllegalStateException(message);
        }
    }

    private static final String ORGANIZATION = "de300000-0000-4000-8000-000000000001"; // Polar: Settings, General
    private static final String PRO = "de300000-0000-4000-8000-0000000000b1"; // Polar: the id of the license key benefit

    public static void main(String[] arguments) {
        String polar = System.getenv().getOrDefault("POLAR", "production");
        try (License license = new License(ORGANIZATION, "com.acme.app", polar, "export", PRO)) {
            if (arguments.length > 0 && arguments[0].equals("--deactivate")) {
                System.out.println(license.deactivate() ? "the seat is free" : "there was no seat");
                return;
            }
            license.refresh(); // returns at once if the last confirmation is fresh
            // only without a license: with one, the program works while Polar is down
            if (arguments.length > 0 && !license.allows("export")) license.activate(arguments[0]);
            if (license.allows("export")) System.out.println("exporting");
            else System.err.println(license.explain("export")); // no license, or one for another plan
        } catch (IllegalStateException error) {
            System.err.println(error.getMessage());
            System.exit(1);
        }
    }
}
