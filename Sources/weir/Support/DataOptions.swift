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
  /// - Throws: `EngineError` if none runs.
  func running() throws -> EngineAddress {
    guard let address = DataDirectory.running(in: directory) else {
      throw EngineError("no engine runs over \(directory); start one with: weir serve")
    }
    return address
  }
}
