// swift-tools-version:5.9
import PackageDescription

let package = Package(
    name: "acme",
    platforms: [.macOS(.v11)],
    targets: [
        // the C library: here by pkg-config; with the XCFramework of a release, a .binaryTarget
        .systemLibrary(name: "CPolarLicense", pkgConfig: "polar_license"),
        .target(name: "PolarLicense", dependencies: ["CPolarLicense"]),
        .executableTarget(name: "acme", dependencies: ["PolarLicense"]),
        .testTarget(name: "PolarLicenseTests", dependencies: ["PolarLicense"]),
    ]
)
