internal import Core
internal import DuckDB
internal import Foundation
internal import Warehouse

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Looks whether a machine has what Weir needs.
package struct Doctor: Sendable {
  package struct Finding: Sendable, Equatable {
    package var subject: String
    /// What to do; nil if all is well.
    package var advice: String?
    /// Without it Weir does not run.
    package var isNeeded = true
  }

  private let directory: String

  package init(directory: String) {
    self.directory = directory
  }

  package func examine() async -> [Finding] {
    let held = DataDirectory.running(in: directory)
    var findings = [duckDB(), terminal(), locale(), dataDirectory(), space()]
    findings += extensions()
    if let held {
      findings.append(
        Finding(
          subject: "an engine runs over \(directory) (process \(held.processID), "
            + "AWS \(held.awsPort), SQL \(held.sqlPort))"))
    } else {
      for (name, port) in [
        ("SQL", EngineConfiguration.standardSQLPort), ("AWS", EngineConfiguration.standardAWSPort),
        ("metrics", EngineConfiguration.standardMetricsPort),
      ] {
        findings.append(self.port(port, name))
      }
    }
    return findings
  }

  private func duckDB() -> Finding {
    do {
      let connection = try Database(path: nil).connect()
      let version = try connection.rows("SELECT version()").first?.first ?? nil
      return Finding(subject: "DuckDB \(version ?? "?")")
    } catch {
      return Finding(subject: "DuckDB", advice: "\(error.message); run: make deps")
    }
  }

  private func extensions() -> [Finding] {
    let folder = FederationConfiguration.extensionFolder(
      environment: ProcessInfo.processInfo.environment)
    return ["postgres_scanner", "httpfs"].map { name in
      Finding(
        subject: "DuckDB extension \(name)",
        advice: trouble(withExtension: "\(folder)/\(name).duckdb_extension"), isNeeded: false)
    }
  }

  /// An extension fits one version of DuckDB.
  private func trouble(withExtension path: String) -> String? {
    guard FileManager.default.fileExists(atPath: path) else {
      return "\(path) is missing; run: make deps"
    }
    do {
      let quoted = path.replacingOccurrences(of: "'", with: "''")
      try Database(path: nil).connect().execute("LOAD '\(quoted)'")
      return nil
    } catch {
      return "\(path) cannot be loaded: \(error.message); run: make deps"
    }
  }

  private func terminal() -> Finding {
    let name = ProcessInfo.processInfo.environment["TERM"] ?? ""
    return Finding(
      subject: "terminal '\(name)'",
      advice: name.isEmpty || name == "dumb"
        ? "set TERM (xterm-256color fits most), or use weir demo --headless" : nil,
      isNeeded: false)
  }

  private func locale() -> Finding {
    let environment = ProcessInfo.processInfo.environment
    let name = environment["LC_ALL"] ?? environment["LC_CTYPE"] ?? environment["LANG"] ?? ""
    let isUTF8 = name.uppercased().contains("UTF-8") || name.uppercased().contains("UTF8")
    return Finding(
      subject: "locale '\(name)'",
      advice: isUTF8 ? nil : "no UTF-8 locale is set; Weir falls back to C.UTF-8",
      isNeeded: false)
  }

  private func dataDirectory() -> Finding {
    var folder = directory
    while !FileManager.default.fileExists(atPath: folder), folder.count > 1 {
      folder = (folder as NSString).deletingLastPathComponent
      if folder.isEmpty { folder = "." }
    }
    let isWritable = FileManager.default.isWritableFile(atPath: folder)
    return Finding(
      subject: "data directory \(directory)",
      advice: isWritable ? nil : "\(folder) is not writable; choose another with --data")
  }

  private func space() -> Finding {
    var folder = directory
    while !FileManager.default.fileExists(atPath: folder), folder.count > 1 {
      folder = (folder as NSString).deletingLastPathComponent
    }
    let attributes = try? FileManager.default.attributesOfFileSystem(
      forPath: folder.isEmpty ? "." : folder)
    let free = (attributes?[.systemFreeSize] as? NSNumber)?.int64Value ?? 0
    return Finding(
      subject: "free disk \(free >> 30) GiB",
      advice: free < 1 << 30 ? "less than 1 GiB is free where the data goes" : nil)
  }

  /// A port that nobody listens on can be bound.
  private func port(_ port: Int, _ name: String) -> Finding {
    return Finding(
      subject: "port \(port) for \(name)",
      advice: EngineConfiguration.refusal(of: port) == 0
        ? nil : "another program has it; choose one with --\(name.lowercased())-port",
      isNeeded: false)
  }
}
