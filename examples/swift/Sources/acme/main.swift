// A program with one feature that a license turns on. A release sets no environment: POLAR is for tests.
// Usage: swift run acme [KEY | --deactivate]
import Foundation
import PolarLicense

let settings = """
    {
        "organizationId": "de300000-0000-4000-8000-000000000001",
        "appId": "com.acme.app",
        "environment": "\(ProcessInfo.processInfo.environment["POLAR"] ?? "production")",
        "features": { "export": ["de300000-0000-4000-8000-0000000000b1"] }
    }
    """

func printError(_ text: String) {
    FileHandle.standardError.write(Data("\(text)\n".utf8))
}

do {
    let license = try License(settings: settings)
    let argument = CommandLine.arguments.dropFirst().first
    if argument == "--deactivate" {
        print(try license.deactivate() == "released" ? "the seat is free" : "there was no seat")
        exit(0)
    }
    license.refresh()  // returns at once if the last confirmation is fresh
    // Activates only if the feature is off. With a license, the program works while Polar is down.
    if let key = argument, !license.allows("export") { try license.activate(key) }
    if license.allows("export") {
        print("exporting")
    } else {
        printError(license.explain("export"))  // no license, or one for another plan
    }
} catch {
    printError(error.localizedDescription)
    exit(1)
}
