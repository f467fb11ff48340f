import ArgumentParser
import Engine
import Foundation
import Logging
import ServiceLifecycle
import UnixSignals

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Run the engine without a screen.",
    discussion: """
      Prints one line `ready aws=… sql=… metrics=…` when every port accepts.

      Keys of the configuration file (standard: $XDG_CONFIG_HOME/weir/weir.yaml), each also as a \
      variable of the environment, which wins: `WEIR_` and the key in capitals \
      (WEIR_DISK_TIMEOUT, WEIR_SCALING_HOT_SECONDS).

        data, aws_port, sql_port, metrics_port: as the options.
        region, account_id: what ARNs say (us-east-1, 000000000000); account_id in quotes.
        shard_limits: true makes shards take and give no more than those of Kinesis.
        state_delay: seconds that streams are CREATING, UPDATING and DELETING (0).
        disk_timeout: seconds after which whoever waits for the disk gets an error (20).
        retention_bytes_max: bytes of files that a stream keeps, whatever its retention (no limit).
        scaling: of streams in on-demand mode; a mapping of
          shard_bytes_per_second (1048576), shard_records_per_second (1000): what a shard takes;
          hot_percent (80), hot_seconds (5): above this part, for so long, a shard is split;
          cold_percent (40), cold_seconds (300): two neighbours below it together are merged;
          shards_min (4), shards_max (200): bounds of the open shards of a stream.
      """)

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
