// License keys sold through Polar: calls the C library of polar-license. Copy this target into your package.
import CPolarLicense
import Foundation

/// Says whether the app may run, and why. Its JSON has more members; add those that you need.
public struct Decision: Decodable, Sendable {
    /// For example "active", "grace" or "unlicensed".
    public let state: String
    public let allowed: Bool
    /// For example "activation_limit"; nil if the state has one cause only.
    public let reason: String?
    /// One sentence for the user.
    public let message: String
    /// For example "enter_key", "connect", "renew" or "none".
    public let nextStep: String
    /// The page for the next step, if you have configured one.
    public let nextUrl: String?
    /// Whether each feature is on, by the feature's name.
    public let features: [String: Bool]
}

/// Says why an operation failed.
public struct LicenseError: LocalizedError {
    /// For example "refused" or "network".
    public let kind: String
    /// One sentence for the user.
    public let message: String

    public var errorDescription: String? { message }
}

/// A license on this device. Any thread may use it.
public final class License: @unchecked Sendable {
    private var handle: OpaquePointer?

    /// Reads the license that is stored on this device, without asking Polar. `settings` is the JSON that
    /// polar_license_options_from_json describes. `directory` is the folder of the license; without it, the license is
    /// in the user's data folder.
    public init(settings: String, directory: String? = nil) throws {
        let options = polar_license_options_from_json(settings)
        defer { polar_license_options_free(options) }
        if let directory { polar_license_options_set_directory(options, directory) }
        try check { polar_license_open(options, &handle, &$0) }
    }

    deinit { polar_license_free(handle) }

    /// Takes a seat for this device if the key needs one, and stores the license. Waits at most 35 s.
    public func activate(_ key: String) throws {
        try check { polar_license_activate(handle, key, &$0) }
    }

    /// Asks Polar if a request is due. Call it at start. Waits at most 2 s with access, otherwise at most 10 s.
    @discardableResult
    public func refresh() -> Decision { read(polar_license_refresh, decoded) }

    /// Asks Polar now. Waits at most 10 s.
    @discardableResult
    public func validate() -> Decision { read(polar_license_validate, decoded) }

    /// Returns the current decision. Never waits.
    public func current() -> Decision { read(polar_license_current, decoded) }

    /// Returns whether a feature is on. Never waits: call it wherever the feature begins.
    public func allows(_ feature: String) -> Bool { polar_license_allows(handle, feature) != 0 }

    /// Returns why a feature is on or off, in one sentence for the user.
    public func explain(_ feature: String) -> String {
        read(polar_license_current) { String(cString: polar_license_decision_explain($0, feature)) }
    }

    /// Releases the seat and removes the license from this device. Returns "released", "not_needed" or another name
    /// that polar_license_deactivated_name can return. Waits at most 35 s.
    public func deactivate() throws -> String {
        var outcome: Int32 = 0
        try check { polar_license_deactivate(handle, &outcome, &$0) }
        return String(cString: polar_license_deactivated_name(outcome))
    }

    /// Calls `listener` after every operation that changed the decision, on the thread that ran the operation.
    public func onChange(_ listener: @escaping (Decision) -> Void) {
        let data = Unmanaged.passRetained(Listener(call: listener)).toOpaque()
        polar_license_on_change(
            handle,
            { data, now, _ in Unmanaged<Listener>.fromOpaque(data!).takeUnretainedValue().call(decoded(now)) },
            data,
            { data in Unmanaged<Listener>.fromOpaque(data!).release() },
            nil)
    }

    private func read<T>(
        _ ask: (OpaquePointer?, UnsafeMutablePointer<OpaquePointer?>?) -> Int32, _ result: (OpaquePointer?) -> T
    ) -> T {
        var decision: OpaquePointer?
        _ = ask(handle, &decision)
        defer { polar_license_decision_free(decision) }
        return result(decision)
    }
}

private final class Listener {
    let call: (Decision) -> Void
    init(call: @escaping (Decision) -> Void) { self.call = call }
}

private func decoded(_ decision: OpaquePointer?) -> Decision {
    let text = String(cString: polar_license_decision_json(decision))
    return try! JSONDecoder().decode(Decision.self, from: Data(text.utf8))  // never fails
}

private func check(_ call: (inout OpaquePointer?) -> Int32) throws {
    var error: OpaquePointer?
    let kind = call(&error)
    defer { polar_license_error_free(error) }
    guard kind == POLAR_LICENSE_OK else {
        throw LicenseError(
            kind: String(cString: polar_license_kind_name(kind)),
            message: String(cString: polar_license_error_message(error)))
    }
}
