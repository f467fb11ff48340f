/// Which targets a target may import. Arrows point only upward in this table.
enum Arrows {
  private static let table = """
    CNcurses       ←
    CDuckDB        ←
    CPostgres      ←
    CSQLite        ←
    CChecksum      ←
    CFiles         ←
    CFieldScan     ←
    CCompression   ←
    Core           ← CChecksum
    DuckDB         ← Core CDuckDB
    StreamLog      ← Core CFiles
    ObjectStore    ← Core
    EventBus       ← Core CSQLite
    RedshiftSQL    ← Core
    LocalPostgres  ←
    Warehouse      ← Core CCompression CFieldScan DuckDB StreamLog ObjectStore RedshiftSQL
    AWSProtocol    ← Core
    AWSGateway     ← Core AWSProtocol StreamLog EventBus
    PostgresWire   ← Core
    PostgresServer ← Core PostgresWire
    PostgresClient ← Core CPostgres
    Telemetry      ← Core
    Dashboard      ← Core Telemetry
    Terminal       ← Core Dashboard CNcurses
    Engine         ← all but Dashboard Terminal
    weir           ← all
    """

  /// Each C library has one importer, which is the face that the others see.
  private static let libraries: Set<String> = [
    "CNcurses", "CDuckDB", "CPostgres", "CSQLite", "CChecksum", "CFieldScan", "CFiles",
    "CCompression",
  ]

  /// The allowed imports by target.
  static let allowed: [String: Set<String>] = {
    var allowed: [String: Set<String>] = [:]
    for line in table.split(separator: "\n") {
      let words = line.split { " ←".contains($0) }.map(String.init)
      guard let target = words.first else { continue }
      switch words.dropFirst().first {
      case "all":
        let above = Set(allowed.keys).subtracting(libraries)
        allowed[target] = above.subtracting(words.dropFirst(3))
      default: allowed[target] = Set(words.dropFirst())
      }
    }
    return allowed
  }()

  /// Imports of own targets that the table forbids, and targets that it lacks.
  static func findings(in file: SourceFile) -> [Finding] {
    guard let target = file.target else { return [] }
    guard let allowed = allowed[target] else {
      return [Finding(path: file.path, line: 1, what: "\(target) is not in the table of Arrows")]
    }
    return file.code.enumerated().compactMap { index, line in
      guard let name = imported(by: line), Self.allowed[name] != nil, !allowed.contains(name)
      else { return nil }
      return Finding(path: file.path, line: index + 1, what: "\(target) may not import \(name)")
    }
  }

  /// The module of an import declaration, whatever attributes and kinds it has.
  static func imported(by line: Substring) -> String? {
    guard line.contains("import") else { return nil }
    let words = line.split { $0 == " " || $0 == ";" }
    guard let place = words.firstIndex(of: "import"),
      words[..<place].allSatisfy({ $0.hasPrefix("@") || access.contains(String($0)) }),
      let name = words[(place + 1)...].first(where: { !kinds.contains(String($0)) })
    else { return nil }
    return name.split(separator: ".").first.map(String.init)
  }

  /// Dependencies between own targets that Package.swift declares beyond the table.
  static func findings(inPackage file: SourceFile) -> [Finding] {
    var findings: [Finding] = []
    var target: String?
    for (index, line) in file.lines.enumerated() {
      var names = quoted(in: line)
      // Each declaration begins with its name, on this line or the next.
      if declarations.contains(where: line.contains) { target = nil }
      if target == nil, !names.isEmpty { target = names.removeFirst() }
      if others.contains(where: line.contains) { target = nil }
      guard let target, let allowed = allowed[target] else { continue }
      for name in names where Self.allowed[name] != nil && !allowed.contains(name) {
        findings.append(
          Finding(path: file.path, line: index + 1, what: "\(target) may not depend on \(name)"))
      }
    }
    return findings
  }

  private static let declarations = [
    "module(", ".target(", ".executableTarget(", ".systemLibrary(",
  ]
  /// What ends a declaration, or names targets without being one of the table.
  private static let others = ["tests(", ".executable(", ".product(", ".package(", "path: \"Tests"]

  private static func quoted(in line: Substring) -> [String] {
    line.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 1 }.map { String($0.element) }
  }

  private static let access: Set<String> = [
    "public", "package", "internal", "fileprivate", "private",
  ]
  private static let kinds: Set<String> = [
    "struct", "class", "enum", "protocol", "func", "var", "let", "typealias", "actor",
  ]
}
