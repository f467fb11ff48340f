package import Core
package import EventBus
import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
package import StreamLog

/// The AWS endpoint: the services that this process offers, on one port, told apart by
/// `X-Amz-Target`. Credentials are not checked, which is why it listens on loopback only.
package struct AWSGateway: Sendable {
  package struct Limits: Sendable {
    /// Bytes of a request's body. 10 MiB of records make 13.4 MiB of base64.
    package var requestBytesMax = 16 << 20
    /// Bytes of data and partition keys in one PutRecords.
    package var putBytesMax = 10 << 20
    /// Bytes of data in one GetRecords answer.
    package var getBytesMax = 10 << 20
    /// At this many connections, one on which nothing happens is closed for each new one.
    package var connectionsMax = 1024
    /// Open shards of all streams, and streams in on-demand mode.
    package var shardsMax = 20_000
    package var onDemandStreamsMax = 50
    /// A subscription ends after these seconds; one on which nothing happens gets an empty event
    /// this often. A second subscription is refused for these seconds after the first began.
    package var subscriptionSeconds = 300.0
    package var keepAliveSeconds = 5.0
    package var resubscriptionSeconds = 5.0
    /// A connection without a request (or whose request stalls) is closed after these seconds.
    package var idleSeconds: Int64 = 60
    /// So is one whose client reads nothing of the answer that is under way.
    package var unreadSeconds: Int64 = 60
    /// Bytes of bodies, of requests that came in part and of answers that were not fetched: with
    /// more of them, the connection that stalled first is closed.
    package var heldBytesMax = 512 << 20

    package init() {}
  }

  private let host: String
  private let port: Int
  private let limits: Limits
  private let logger: Logger
  private let responder: AWSResponder

  /// - Parameters:
  ///   - host: a loopback address, or `localhost`.
  ///   - port: 0 picks a free one.
  ///   - account, region: what messages name; those of the log's ARNs.
  ///   - faults: what requests are to suffer.
  ///   - metrics: what CloudWatch is answered from; without it there is none.
  ///   - events: what EventBridge is answered from; without it there is none.
  package init(
    log: StreamLog, host: String = "127.0.0.1", port: Int, clock: any WallClock = SystemClock(),
    reporter: any Reporter, logger: Logger, limits: Limits = Limits(),
    account: String = "000000000000", region: String = "us-east-1",
    faults: FaultTable = FaultTable(), metrics: (any MetricSource)? = nil,
    events: EventBroker? = nil
  ) {
    self.host = host
    self.port = port
    self.limits = limits
    self.logger = logger
    let kinesis = KinesisService(
      log: log, clock: clock, reporter: reporter, logger: logger, limits: limits, account: account,
      region: region, faults: faults)
    let cloudWatch = metrics.map { CloudWatchService(metrics: $0, log: log, clock: clock) }
    let eventBridge = events.map { EventBridgeService(broker: $0, clock: clock) }
    let services: [(any AWSService)?] = [eventBridge, cloudWatch]
    responder = AWSResponder(
      services: services.compactMap { $0 }, kinesis: kinesis, limits: limits)
  }

  /// Serves until the task is cancelled or a surrounding service group shuts down gracefully;
  /// requests that were begun are then answered first. Calls `onReady` with the bound port.
  ///
  /// - Throws: `AWSGatewayError` if the address cannot be used.
  package func run(onReady: @escaping @Sendable (Int) -> Void) async throws {
    guard Self.isLoopback(host) else { throw AWSGatewayError.notLoopback(host: host) }
    let port = port
    let application = Application(
      responder: responder,
      server: HTTPServerBuilder { [limits] responder in
        HTTPChannel(
          responder: responder, idleTime: .seconds(limits.idleSeconds),
          unreadTime: .seconds(limits.unreadSeconds),
          roster: ConnectionRoster(
            connectionsMax: limits.connectionsMax, heldBytesMax: limits.heldBytesMax))
      },
      configuration: ApplicationConfiguration(
        address: .hostname(host, port: port), serverName: nil,
        availableConnectionsDelegate: MaximumAvailableConnections(
          limits.connectionsMax + ConnectionRoster.spareConnections, logger: logger)),
      onServerRunning: { channel in onReady(channel.localAddress?.port ?? port) },
      logger: logger)
    do {
      try await application.run()
    } catch let error as IOError {
      throw AWSGatewayError.cannotListen(host: host, port: port, code: error.errnoCode)
    }
  }

  private static func isLoopback(_ host: String) -> Bool {
    if host == "localhost" || host == "::1" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}

package enum AWSGatewayError: Error, Equatable, CustomStringConvertible {
  case notLoopback(host: String)
  /// `code` is the `errno` value of `bind` or `listen`.
  case cannotListen(host: String, port: Int, code: Int32)

  package var description: String {
    switch self {
    case .notLoopback(let host):
      "the AWS endpoint checks no credentials, so it cannot listen on \(host): use 127.0.0.1"
    case .cannotListen(let host, let port, let code):
      "the AWS endpoint cannot listen on \(host):\(port) (errno \(code)): is the port in use?"
    }
  }
}
