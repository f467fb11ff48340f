import ArgumentParser
import Engine
import Foundation

/// Which engine a command speaks of.
struct DataOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The data directory.", valueName: "dir"))
  var data: String?

  var directory: String {
    data ?? DataDirectory.standard(environment: ProcessInfo.processInfo.environment)
  }

  /// The engine that holds the directory.
  ///
  /// - Throws: `DataDirectory.NotRunning`
  func running() throws -> EngineAddress {
    try DataDirectory.requireRunning(in: directory)
  }
}
