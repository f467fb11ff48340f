internal import Foundation

/// Files that ship with Weir.
package enum Resources {
  /// Folders of that name: WEIR_HOME's, then the first above the program that has one (the
  /// repository, for a program in `.build`), then an installation's `share/weir`.
  package static func folders(named name: String) -> [String] {
    var candidates: [String] = []
    if let home = ProcessInfo.processInfo.environment["WEIR_HOME"] {
      candidates.append(home + "/" + name)
    }
    let program = URL(fileURLWithPath: programPath()).resolvingSymlinksInPath()
    var folder = program.deletingLastPathComponent()
    for _ in 0..<6 {
      candidates.append(folder.appendingPathComponent(name).path)
      candidates.append(folder.appendingPathComponent("share/weir/" + name).path)
      folder.deleteLastPathComponent()
    }
    let found = candidates.first { path in
      var isDirectory: ObjCBool = false
      return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
        && isDirectory.boolValue
    }
    return found.map { [$0] } ?? []
  }

  private static func programPath() -> String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      ?? CommandLine.arguments.first ?? ""
  }
}
