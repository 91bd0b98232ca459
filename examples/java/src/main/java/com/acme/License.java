package com.acme;

import com.sun.jna.Callback;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A license key sold through Polar, on this device. Calls the C library of polar-license with JNA; copy this file into
 * your program. Any thread may use the object. Close it when no thread uses it any
 * longer.
 */
public final class License implements AutoCloseable {
    /** Says whether the app may run, and why. */
    public record Decision(
            boolean allowed,
            String state, // such as "active", "grace", "unlicensed"
            String reason, // such as "activation_limit"; "unset" if the state has one cause only
            String message, // one sentence for the user
            String nextStep, // such as "enter_key", "connect", "renew", "none"
            String nextUrl) { // the page for the next step, or null
        private Decision(Pointer decision) {
            this(
                    C.polar_license_decision_allowed(decision) != 0,
                    C.polar_license_state_name(C.polar_license_decision_state(decision)),
                    C.polar_license_reason_name(C.polar_license_decision_reason(decision)),
                    C.polar_license_decision_message(decision),
                    C.polar_license_next_step_name(C.polar_license_decision_next_step(decision)),
                    C.polar_license_decision_next_url(decision));
        }
    }

    /** Says why an operation failed. Its message is a text for the user. */
    public static final class Failure extends Exception {
        public final String kind; // such as "refused", "network"

        private Failure(String kind, String message) {
            super(message);
            this.kind = kind;
        }
    }

    private static final Functions C =
            Native.load("polar_license", Functions.class, Map.of(Library.OPTION_STRING_ENCODING, "UTF-8"));

    private final Pointer license;
    private final List<ChangeCallback> callbacks = new CopyOnWriteArrayList<>();

    /**
     * Reads the license that is stored on this device, without asking Polar. The settings are the JSON that
     * polar_license_options_from_json describes. The directory is the folder of the license; if it is null, the license
     * is in the user's data folder.
     */
    public License(String settings, Path directory) throws Failure {
        Pointer options = C.polar_license_options_from_json(settings);
        if (directory != null) C.polar_license_options_set_directory(options, directory.toString());
        PointerByReference opened = new PointerByReference(), error = new PointerByReference();
        int kind = C.polar_license_open(options, opened, error);
        C.polar_license_options_free(options);
        check(kind, error);
        license = opened.getValue();
    }

    /** Takes a seat for this device if the key needs one, and stores the license. Waits at most 35 s. */
    public void activate(String key) throws Failure {
        PointerByReference error = new PointerByReference();
        check(C.polar_license_activate(license, key, error), error);
    }

    /** Asks Polar if a request is due. Call it at start. Waits at most 2 s with access, otherwise at most 10 s. */
    public Decision refresh() {
        return read(C::polar_license_refresh, Decision::new);
    }

    /** Asks Polar now. Waits at most 10 s. */
    public Decision validate() {
        return read(C::polar_license_validate, Decision::new);
    }

    /** Returns the current decision. Never waits. */
    public Decision current() {
        return read(C::polar_license_current, Decision::new);
    }

    /** Returns whether a feature is on. Never waits: call it wherever the feature begins. */
    public boolean allows(String feature) {
        return C.polar_license_allows(license, feature) != 0;
    }

    /** Returns why a feature is on or off, in one sentence for the user. */
    public String explain(String feature) {
        return read(C::polar_license_current, decision -> C.polar_license_decision_explain(decision, feature));
    }

    /**
     * Releases the seat and removes the license from this device. Waits at most 35 s. Returns "released",
     * "not_needed" or another name that polar_license_deactivated_name can return.
     */
    public String deactivate() throws Failure {
        IntByReference outcome = new IntByReference();
        PointerByReference error = new PointerByReference();
        check(C.polar_license_deactivate(license, outcome, error), error);
        return C.polar_license_deactivated_name(outcome.getValue());
    }

    /** Calls the listener after every operation that changed the decision, on the thread that ran the operation. */
    public void onChange(Consumer<Decision> listener) {
        ChangeCallback callback = (data, now, before) -> listener.accept(new Decision(now));
        callbacks.add(callback); // kept here, so that it is not collected while the library may call it
        C.polar_license_on_change(license, callback, null, null, null);
    }

    @Override
    public void close() {
        C.polar_license_free(license);
    }

    private <T> T read(BiFunction<Pointer, PointerByReference, Integer> ask, Function<Pointer, T> read) {
        PointerByReference decision = new PointerByReference();
        ask.apply(license, decision);
        T result = read.apply(decision.getValue());
        C.polar_license_decision_free(decision.getValue());
        return result;
    }

    private static void check(int kind, PointerByReference error) throws Failure {
        if (kind == 0) return;
        String message = C.polar_license_error_message(error.getValue());
        C.polar_license_error_free(error.getValue());
        throw new Failure(C.polar_license_kind_name(kind), message);
    }

    private interface ChangeCallback extends Callback {
        void changed(Pointer data, Pointer now, Pointer before);
    }

    /** The functions of polar_license.h. */
    private interface Functions extends Library {
        Pointer polar_license_options_from_json(String settings);
        int polar_license_options_set_directory(Pointer options, String directory);
        void polar_license_options_free(Pointer options);
        int polar_license_open(Pointer options, PointerByReference license, PointerByReference error);
        void polar_license_free(Pointer license);
        int polar_license_activate(Pointer license, String key, PointerByReference error);
        int polar_license_refresh(Pointer license, PointerByReference decision);
        int polar_license_validate(Pointer license, PointerByReference decision);
        int polar_license_current(Pointer license, PointerByReference decision);
        int polar_license_allows(Pointer license, String feature);
        int polar_license_deactivate(Pointer license, IntByReference outcome, PointerByReference error);
        int polar_license_on_change(Pointer license, ChangeCallback f, Pointer data, Callback destructor, Pointer id);
        int polar_license_decision_allowed(Pointer decision);
        int polar_license_decision_state(Pointer decision);
        int polar_license_decision_reason(Pointer decision);
        int polar_license_decision_next_step(Pointer decision);
        String polar_license_decision_next_url(Pointer decision);
        String polar_license_decision_message(Pointer decision);
        String polar_license_decision_explain(Pointer decision, String feature);
        void polar_license_decision_free(Pointer decision);
        String polar_license_error_message(Pointer error);
        void polar_license_error_free(Pointer error);
        String polar_license_kind_name(int kind);
        String polar_license_state_name(int state);
        String polar_license_reason_name(int reason);
        String polar_license_next_step_name(int nextStep);
        String polar_license_deactivated_name(int outcome);
    }
}
