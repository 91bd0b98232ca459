// swift-tools-version:5.9
import Foundation
import PackageDescription

// The C library: the XCFramework of a release, if it is in this folder. Otherwise pkg-config finds the library.
let framework = "CPolarLicense.xcframework"
let isHere = FileManager.default.fileExists(atPath: "\(Context.packageDirectory)/\(framework)")

let package = Package(
    name: "acme",
    platforms: [.macOS(.v11)],
    targets: [
        isHere
            ? .binaryTarget(name: "CPolarLicense", path: framework)
            : .systemLibrary(name: "CPolarLicense", pkgConfig: "polar_license"),
        .target(name: "PolarLicense", dependencies: ["CPolarLicense"]),
        .executableTarget(name: "acme", dependencies: ["PolarLicense"]),
        .testTarget(name: "PolarLicenseTests", dependencies: ["PolarLicense"]),
    ]
)
