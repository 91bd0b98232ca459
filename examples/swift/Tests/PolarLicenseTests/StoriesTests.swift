// The stories that every app should test, each with a local Polar: `npx polar-license-mock` or `polar-license
// serve`.
// Usage: POLAR=http://127.0.0.1:8787 swift test
import Foundation
import PolarLicense
import XCTest

final class StoriesTests: XCTestCase {
    private let polar = ProcessInfo.processInfo.environment["POLAR"] ?? "http://127.0.0.1:8787"
    private var license: License!

    /// Resets the local Polar, and opens the license of a new user.
    override func setUp() async throws {
        try await steer("POST", "/reset", "")
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let settings = """
            {
                "organizationId": "de300000-0000-4000-8000-000000000001",
                "appId": "com.acme.app",
                "environment": "\(polar)",
                "features": { "export": ["de300000-0000-4000-8000-0000000000b1"] }
            }
            """
        license = try License(settings: settings, directory: directory.path)
    }

    /// Sends a command to the local Polar.
    private func steer(_ method: String, _ path: String, _ body: String) async throws {
        var request = URLRequest(url: URL(string: "\(polar)/_mock\(path)")!)
        request.httpMethod = method
        request.httpBody = Data(body.utf8)
        let (_, reply) = try await URLSession.shared.data(for: request)
        XCTAssertLessThan((reply as! HTTPURLResponse).statusCode, 300)
    }

    func testWithoutALicenseTheGateIsClosed() {
        let now = license.current()
        XCTAssertFalse(now.allowed || license.allows("export"))
        XCTAssertEqual(now.nextStep, "enter_key")
    }

    func testAKeyOpensTheGateUntilItsSeatIsReleased() throws {
        var states: [String] = []
        license.onChange { states.append($0.state) }
        XCTAssertThrowsError(try license.activate("MISTYPED")) { error in
            XCTAssertEqual((error as? LicenseError)?.kind, "refused")
        }
        try license.activate("DEMO-ONE-DEVICE")
        XCTAssertTrue(license.allows("export"))
        XCTAssertEqual(try license.deactivate(), "released")
        XCTAssertFalse(license.allows("export"))
        XCTAssertEqual(states, ["active", "unlicensed"])
    }

    func testWithoutANetworkTheGateStaysOpen() async throws {
        try license.activate("DEMO-PLAIN")
        try await steer("POST", "/faults", #"{"fault": "drop_connection"}"#)
        XCTAssertTrue(license.validate().allowed && license.allows("export"))
    }

    func testARevokedKeyClosesTheGate() async throws {
        try license.activate("DEMO-PLAIN")
        try await steer("PATCH", "/keys/DEMO-PLAIN", #"{"status": "revoked"}"#)
        XCTAssertEqual(license.validate().reason, "inactive")
        XCTAssertFalse(license.allows("export"))
    }

    func testALicenseOfAnotherPlanIsExplained() throws {
        try license.activate("DEMO-BASIC")
        XCTAssertFalse(license.allows("export"))
        XCTAssertTrue(license.explain("export").contains("does not include"))
    }
}
