import Testing

/// The project as it is.
@Suite struct Tidy {
  private static let tree = Result {
    (
      sources: try Project.files(in: "Sources", ["swift"]),
      tests: try Project.files(in: "Tests", ["swift"])
    )
  }
  let sources: [SourceFile]
  let tests: [SourceFile]

  init() throws {
    (sources, tests) = try Self.tree.get()
    try #require(!sources.isEmpty && !tests.isEmpty, "the sources are not where they were")
  }

  private func expectNone(_ findings: [Finding]) {
    for finding in findings { Issue.record("\(finding)") }
  }

  @Test func `targets import only what stands above them`() {
    expectNone(sources.flatMap(Arrows.findings(in:)))
  }

  @Test func `Package.swift declares no arrow that the table forbids`() throws {
    expectNone(Arrows.findings(inPackage: try Project.file("Package.swift")))
  }

  @Test func `files and lines stay short`() {
    expectNone(sources.flatMap(Rules.size(of:)))
  }

  @Test func `nothing traps, and only the command line prints`() {
    expectNone((sources + tests).flatMap(Rules.bannedCalls(in:)))
  }

  @Test func `every promise of thread safety is explained`() {
    expectNone((sources + tests).flatMap(Rules.unexplainedPromises(in:)))
  }

  @Test func `every suite has a test`() {
    expectNone(tests.flatMap(Rules.emptySuites(in:)))
  }

  @Test func `the themes and scenarios that are named exist`() throws {
    let texts = try Project.files(in: "Demo", ["yaml", "sql", "md"])
    expectNone(
      (sources + texts).flatMap { Rules.missingFiles(in: $0, exists: Project.exists) })
  }
}

/// The rules themselves, on files made for them.
@Suite struct TidyRules {
  private func file(_ text: String, at path: String = "Sources/Dashboard/A.swift") -> SourceFile {
    SourceFile(path: path, text: text)
  }

  private func places(_ findings: [Finding]) -> [Int] { findings.map(\.line) }

  @Test func `a forbidden import is found in each of its forms, with file and line`() {
    let text = """
      import Core
      package import Telemetry
      import Foundation
      internal import Engine
      @testable import struct StreamLog.Shard
      // import Terminal
      let text = "import Terminal"
      """
    let findings = Arrows.findings(in: file(text))
    #expect(
      findings.map(\.description) == [
        "Sources/Dashboard/A.swift:4: Dashboard may not import Engine",
        "Sources/Dashboard/A.swift:5: Dashboard may not import StreamLog",
      ])
    #expect(Arrows.findings(in: file("import Core", at: "Sources/New/A.swift")).count == 1)
  }

  @Test func `only its own face imports a C library`() {
    #expect(Arrows.allowed["DuckDB"]?.contains("CDuckDB") == true)
    for target in ["Engine", "weir", "Warehouse"] {
      #expect(Arrows.allowed[target]?.contains("CDuckDB") == false)
    }
    #expect(Arrows.allowed["Engine"]?.contains("Terminal") == false)
    #expect(Arrows.allowed["weir"]?.contains("Terminal") == true)
  }

  @Test func `a forbidden dependency of Package.swift is found over several lines`() {
    let text = """
      module("Dashboard", ["Core", "Engine"]),
      module(
        "Engine",
        [
          "Core", "Terminal",
        ]),
      .executableTarget(
        name: "weir",
        dependencies: ["Core", "CNcurses"]),
      tests("Dashboard", ["Terminal"]),
      """
    let findings = Arrows.findings(inPackage: file(text, at: "Package.swift"))
    #expect(places(findings) == [1, 5, 9])
  }

  @Test func `a banned word counts in code only`() {
    let text = #"""
      let a = try! read()
      let b = value as! Int
      fatalError("no")
      print(a)
      // try! print(fatalError()) as!
      /* print( /* as! */ try! */ let c = 1
      let d = "print( \(name("try!")) as!" + #"fatalError("#
      blueprint(a); screen.print(a); func print(_ a: Int) {}
      """#
    #expect(places(Rules.bannedCalls(in: file(text))) == [1, 2, 3, 4])
    let printing = file("print(1)", at: "Sources/weir/A.swift")
    #expect(Rules.bannedCalls(in: printing).isEmpty)
    let sleeping = file("try await Task.sleep(for: .seconds(1))", at: "Tests/ATests/A.swift")
    #expect(Rules.bannedCalls(in: sleeping).count == 1)
  }

  @Test func `text over several lines is not code, and code after it is`() {
    let text = #"""
      let a = """
        try! print(1) "quoted"
        \(b as Any) as!
        """
      try! c()
      """#
    #expect(places(Rules.bannedCalls(in: file(text))) == [5])
  }

  @Test func `long lines and files are found, counted in characters`() {
    let lines = [String(repeating: "é", count: 100), String(repeating: "a", count: 101)]
    #expect(places(Rules.size(of: file(lines.joined(separator: "\n")))) == [2])
    let long = String(repeating: "a\n", count: 800)
    #expect(Rules.size(of: file(long)).isEmpty)
    #expect(places(Rules.size(of: file(long + "a\n"))) == [801])
  }

  @Test func `a promise needs its comment on its line or the one before`() {
    let text = """
      // The pointer never changes.
      struct A: @unchecked Sendable {}
      struct B: @unchecked Sendable {}  // Locked by the caller.

      struct C: @unchecked Sendable {}
      """
    #expect(places(Rules.unexplainedPromises(in: file(text))) == [5])
  }

  @Test func `a suite without a test is found, one with an extension is not`() {
    let text = """
      @Suite struct Empty { func a() {} }
      @Suite(.serialized)
      final class Filled { @Test func a() {} }
      @Suite struct Apart {}
      extension Apart { @Test func a() {} }
      @Suite struct Emp { @Test func a() {} }
      """
    #expect(places(Rules.emptySuites(in: file(text))) == [1])
  }

  @Test func `a file that is named and missing is found`() {
    let text = """
      let a = "Themes/there.theme"
      /// Like `Demo/gone.yaml`, or Themes/gone.theme.
      let folder = "Demo/"
      """
    let findings = Rules.missingFiles(in: file(text)) { $0 == "Themes/there.theme" }
    #expect(places(findings) == [2, 2])
  }
}
