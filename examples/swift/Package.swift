// swift-tools-version:5.9
import PackageDescription

let package = Package(
    name: "acme",
    platforms: [.macOS(.v11)],
    targets: [
        // The C library. Here pkg-config finds it. With the XCFramework of a release, use a .binaryTarget instead.
        .systemLibrary(name: "CPolarLicense", pkgConfig: "polar_license"),
        .target(name: "PolarLicense", dependencies: ["CPolarLicense"]),
        .executableTarget(name: "acme", dependencies: ["PolarLicense"]),
        .testTarget(name: "PolarLicenseTests", dependencies: ["PolarLicense"]),
    ]
)
