import ArgumentParser
import Engine
import Foundation
import Logging
import ServiceLifecycle
import UnixSignals

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Run the engine without a screen.",
    discussion: "Prints one line `ready aws=… sql=… metrics=…` when every port accepts.")

  @Option(help: ArgumentHelp("The configuration file.", valueName: "file"))
  var config: String?
  @Option(help: ArgumentHelp("The data directory.", valueName: "dir"))
  var data: String?
  @Option(help: "Port of the AWS endpoint; 0 picks a free one.")
  var awsPort: Int?
  @Option(help: "Port of the SQL endpoint; 0 picks a free one.")
  var sqlPort: Int?
  @Option(help: "Port of the metrics endpoint; 0 picks a free one.")
  var metricsPort: Int?

  func run() async throws {
    try await reportingFailure {
      var configuration = try EngineConfiguration.load(
        flags: EngineConfiguration.Flags(
          file: config, data: data, awsPort: awsPort, sqlPort: sqlPort, metricsPort: metricsPort),
        environment: ProcessInfo.processInfo.environment)
      // Ports that are picked freely are picked so for a test or a script: the standard metrics
      // port would be the only one to clash.
      if metricsPort == nil, configuration.awsPort == 0, configuration.sqlPort == 0 {
        configuration.metricsPort = 0
      }
      let logger = makeLogger()
      let engine = try await Engine.open(configuration, logger: logger)
      let group = ServiceGroup(
        services: [engine], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        tasks.addTask {
          // Why an engine ended before it was ready is what the group throws.
          guard let address = try? await engine.ready() else { return }
          let metrics = address.metricsPort.map { " metrics=127.0.0.1:\($0)" } ?? ""
          try standardOutput(
            "ready aws=127.0.0.1:\(address.awsPort) sql=127.0.0.1:\(address.sqlPort)\(metrics)\n")
        }
        try await tasks.waitForAll()
      }
    }
  }
}
