// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

/// A target of our own: its purpose and the arrows it may have are listed in README, "How it is built".
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: dependencies + ["TestSupport"], swiftSettings: settings)
}

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let nioHTTP2 = Target.Dependency.product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP2 = Target.Dependency.product(
  name: "NIOHTTPTypesHTTP2", package: "swift-nio-extras")
let lifecycle = Target.Dependency.product(
  name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "weir",
  platforms: [.macOS(.v26)],
  products: [.executable(name: "weir", targets: ["weir"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.1"),
    .package(url: "https://github.com/apple/swift-nio-http2", from: "1.45.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    // C
    .target(
      name: "CNcurses",
      linkerSettings: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]),
    .target(name: "CChecksum"),
    .target(name: "CFiles"),
    .target(name: "CFieldScan"),
    .target(
      name: "CCompression",
      linkerSettings: [.linkedLibrary("z"), .linkedLibrary("bz2"), .linkedLibrary("zstd")]),
    .systemLibrary(name: "CDuckDB", pkgConfig: "duckdb"),
    .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(
      name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),

    // Values and ports
    module("Core", ["CChecksum"]),

    // The parts
    module("DuckDB", ["Core", "CDuckDB"]),
    module("StreamLog", ["Core", "CFiles"]),
    module("ObjectStore", ["Core", crypto]),
    module("EventBus", ["Core", "CSQLite"]),
    module("RedshiftSQL", ["Core"]),
    module("LocalPostgres"),
    module(
      "Warehouse",
      [
        "Core", "CCompression", "CFieldScan", "DuckDB", "StreamLog", "ObjectStore", "RedshiftSQL",
      ]),

    // The edges
    module("AWSProtocol", ["Core"]),
    module(
      "AWSGateway",
      [
        "Core", "AWSProtocol", "EventBus", "StreamLog", hummingbird, lifecycle, logging, nioCore,
        nioHTTP2,
        nioHTTPTypes, nioHTTPTypesHTTP2,
      ]),
    module("PostgresWire", ["Core", nioCore, crypto]),
    module("PostgresServer", ["Core", "PostgresWire", nioCore, nioPosix, logging]),
    module("PostgresClient", ["Core", "CPostgres"]),

    // What a person sees
    module("Telemetry", ["Core"]),
    module("Dashboard", ["Core", "Telemetry"]),
    module("Terminal", ["Core", "Dashboard", "CNcurses"]),

    // The whole
    module(
      "Engine",
      [
        "Core", "DuckDB", "EventBus", "LocalPostgres", "StreamLog", "ObjectStore", "Warehouse",
        "AWSGateway", "PostgresServer", "PostgresWire", "Telemetry", hummingbird, lifecycle,
        logging,
        yams,
      ]),
    .executableTarget(
      name: "weir",
      dependencies: [
        "Core", "Engine", "Dashboard", "Terminal", "Telemetry", "StreamLog", "Warehouse",
        "PostgresClient", arguments, lifecycle, logging, signals,
      ],
      swiftSettings: settings),

    .executableTarget(
      name: "Benchmarks",
      dependencies: [
        "Core", "DuckDB", "Engine", "EventBus", "LocalPostgres", "ObjectStore", "StreamLog",
        "TestSupport",
        "Warehouse",
      ],
      path: "Benchmarks",
      exclude: ["run", "README.md"], swiftSettings: settings),

    // Tests
    .target(
      name: "TestSupport", dependencies: ["Core", "LocalPostgres", "StreamLog"],
      path: "Tests/TestSupport",
      swiftSettings: settings),
    tests("Core", ["Core"]),
    tests("Tidy", []),
    tests("DuckDB", ["DuckDB"]),
    tests("StreamLog", ["StreamLog"]),
    tests("ObjectStore", ["Core", "ObjectStore"]),
    tests("EventBus", ["Core", "EventBus"]),
    tests("RedshiftSQL", ["RedshiftSQL"]),
    .testTarget(
      name: "WarehouseTests",
      dependencies: [
        "Warehouse", "StreamLog", "ObjectStore", "DuckDB", "LocalPostgres", "TestSupport",
      ],
      exclude: ["Data", "Dialect", "Scripts", "TPCH"],
      swiftSettings: settings),
    tests("AWSProtocol", ["AWSProtocol"]),
    .testTarget(
      name: "AWSGatewayTests",
      dependencies: [
        "AWSGateway", "AWSProtocol", "EventBus", "StreamLog", "TestSupport", lifecycle, nioCore,
        nioHTTP2,
        nioHTTPTypes, nioHTTPTypesHTTP2, nioPosix,
      ],
      exclude: ["Scripts"], swiftSettings: settings),
    tests("PostgresWire", ["PostgresWire"]),
    tests("PostgresServer", ["PostgresServer", "PostgresClient"]),
    tests("Telemetry", ["Telemetry"]),
    tests("Dashboard", ["Dashboard"]),
    tests("Terminal", ["Terminal"]),
    .testTarget(
      name: "EngineTests",
      dependencies: [
        "Engine", "Core", "ObjectStore", "StreamLog", "Warehouse", "Telemetry", logging,
        "TestSupport",
      ], swiftSettings: settings),
    .testTarget(
      name: "CommandLineTests", dependencies: ["TestSupport"], exclude: ["Scripts"],
      swiftSettings: settings),
  ])
