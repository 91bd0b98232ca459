// The gate of examples/c in Swift, which imports the header with module.modulemap.
// Usage: swiftc -I .../include -L .../lib Gate.swift; POLAR=... ./Gate [KEY | --deactivate]
import Foundation
import PolarLicense

let organization = "de300000-0000-4000-8000-000000000001"  // Polar: Settings, General
let pro = "de300000-0000-4000-8000-0000000000b1"  // Polar: the id of the license key benefit

struct LicenseError: Error {
    let kind: Int32
    let message: String
}

/// A license on this device. Any thread may use it.
final class License {
    private var handle: OpaquePointer?

    init(environment: String) throws {
        let options = polar_license_options_new(organization, "com.acme.app")
        defer { polar_license_options_free(options) }
        polar_license_options_set_environment(options, environment)
        polar_license_options_add_feature(options, "export", pro)
        try check { polar_license_open(options, &handle, &$0) }
    }

    deinit { polar_license_free(handle) }

    func activate(_ key: String) throws {
        try check { polar_license_activate(handle, key, &$0) }
    }

    /// Asks Polar if that is due.
    func refresh() { polar_license_refresh(handle, nil) }

    func allows(_ feature: String) -> Bool { polar_license_allows(handle, feature) != 0 }

    /// Returns why the feature is on or off, in one sentence for the user.
    func explain(_ feature: String) -> String {
        var decision: OpaquePointer?
        polar_license_current(handle, &decision)
        defer { polar_license_decision_free(decision) }
        return String(cString: polar_license_decision_explain(decision, feature))
    }

    func deactivate() throws -> Bool {
        var outcome: Int32 = 0
        try check { polar_license_deactivate(handle, &outcome, &$0) }
        return outcome == POLAR_LICENSE_DEACTIVATED_RELEASED
    }

    private func check(_ call: (inout OpaquePointer?) -> Int32) throws {
        var error: OpaquePointer?
        let kind = call(&error)
        defer { polar_license_error_free(error) }
        guard kind == POLAR_LICENSE_OK else {
            throw LicenseError(kind: kind, message: String(cString: polar_license_error_message(error)))
        }
    }
}

do {
    let license = try License(environment: ProcessInfo.processInfo.environment["POLAR"] ?? "production")
    let argument = CommandLine.arguments.dropFirst().first
    if argument == "--deactivate" {
        print(try license.deactivate() ? "the seat is free" : "there was no seat")
        exit(0)
    }
    license.refresh()  // returns at once if the last confirmation is fresh
    // only without a license: with one, the program works while Polar is down
    if let key = argument, !license.allows("export") { try license.activate(key) }
    if license.allows("export") {
        print("exporting")
    } else {
        // no license, or one for another plan
        FileHandle.standardError.write(Data("\(license.explain("export"))\n".utf8))
    }
} catch let error as LicenseError {
    FileHandle.standardError.write(Data("\(error.message)\n".utf8))
    exit(1)
}
