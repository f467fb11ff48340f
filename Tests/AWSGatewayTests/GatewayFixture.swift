import AWSGateway
import Core
import EventBus
import Foundation
import Logging
import StreamLog
import Synchronization
import TestSupport
import Testing

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Runs a gateway on a free port over a fresh log for the time of `body`.
///
/// - Parameters:
///   - path: the log's folder; nil for a new one.
///   - prepare: gets the log's folder before the log is opened.
func withGateway(
  clock: any WallClock = SystemClock(), reporter: any Reporter = SilentReporter(),
  limits: AWSGateway.Limits = .init(), faults: FaultTable = FaultTable(),
  log configuration: StreamLog.Configuration = .init(), at path: String? = nil,
  prepare: (String) async throws -> Void = { _ in },
  _ body: (GatewayClient) async throws -> Void
) async throws {
  let directory = try TemporaryDirectory()
  let path = path ?? directory.path
  try await prepare(path)
  let log = try await openLog(path, configuration)
  let eventFolder = try TemporaryDirectory()
  let events = try await BlockingQueue(label: "test.events").run {
    try EventBroker(directory: eventFolder.path, clock: clock)
  }
  let delivering = Task { await events.run() }
  let gateway = AWSGateway(
    log: log, port: 0, clock: clock, reporter: reporter, logger: quietLogger(), limits: limits,
    faults: faults, events: events)
  let (ports, port) = AsyncStream.makeStream(of: Int.self)
  let serving = Task {
    defer { port.finish() }
    try await gateway.run { port.yield($0) }
  }
  var found: Int?
  for await port in ports {
    found = port
    break
  }
  if let found {
    do {
      try await body(GatewayClient(port: found))
    } catch {
      Issue.record(error)
    }
    serving.cancel()
    _ = await serving.result
  } else {
    try await serving.value
    Issue.record("the gateway stopped before it was ready")
  }
  delivering.cancel()
  await delivering.value
  await events.close()
  await log.close()
  withExtendedLifetime((directory, eventFolder)) {}
}

/// Opens a log on a thread of its own, because that waits for files.
func openLog(
  _ path: String, _ configuration: StreamLog.Configuration = .init()
) async throws -> StreamLog {
  try await withCheckedThrowingContinuation { continuation in
    DispatchQueue.global().async {
      continuation.resume(
        with: Result { try StreamLog.open(directory: path, configuration: configuration) })
    }
  }
}

func quietLogger() -> Logger {
  Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

struct GatewayClient: Sendable {
  let port: Int

  struct Answer {
    var status: Int
    var headers: [String: String]
    var body: Data
    var json: [String: Any]

    var errorType: String? { json["__type"] as? String }
    var message: String? { json["message"] as? String ?? json["Message"] as? String }

    func text(_ name: String) throws -> String { try #require(json[name] as? String) }
    func list(_ name: String) throws -> [[String: Any]] {
      try #require(json[name] as? [[String: Any]])
    }
    func structure(_ name: String) throws -> [String: Any] {
      try #require(json[name] as? [String: Any])
    }
  }

  /// Sends an operation as an SDK does.
  func call(_ operation: String, _ members: [String: any Sendable] = [:]) async throws -> Answer {
    try await send(
      headers: [
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "Kinesis_20131202.\(operation)",
      ],
      body: try JSONSerialization.data(withJSONObject: members))
  }

  func send(
    _ method: String = "POST", path: String = "/", headers: [String: String] = [:],
    body: Data? = nil
  ) async throws -> Answer {
    let url = try #require(URL(string: "http://127.0.0.1:\(port)\(path)"))
    var request = URLRequest(url: url, timeoutInterval: 20)
    request.httpMethod = method
    request.httpBody = body
    for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
    let (data, response) = try await URLSession.shared.data(for: request)
    let http = try #require(response as? HTTPURLResponse)
    var names: [String: String] = [:]
    for (name, value) in http.allHeaderFields {
      names["\(name)".lowercased()] = "\(value)"
    }
    let json = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any]
    return Answer(status: http.statusCode, headers: names, body: data, json: json ?? [:])
  }

  /// Puts records of these texts and returns where they went.
  @discardableResult
  func put(_ texts: [String], to stream: String, key: String? = nil) async throws -> [[String: Any]]
  {
    let records = texts.map { text in
      ["Data": Data(text.utf8).base64EncodedString(), "PartitionKey": key ?? text]
    }
    return try await call("PutRecords", ["StreamName": stream, "Records": records]).list("Records")
  }

  func iterator(
    _ stream: String, shard: Int = 0, _ type: String = "TRIM_HORIZON",
    _ more: [String: any Sendable] = [:]
  ) async throws -> String {
    var members: [String: any Sendable] = [
      "StreamName": stream, "ShardId": shardName(shard), "ShardIteratorType": type,
    ]
    members.merge(more) { $1 }
    return try await call("GetShardIterator", members).text("ShardIterator")
  }

  /// The texts of the records behind an iterator, in one answer.
  func texts(_ iterator: String) async throws -> [String] {
    try await call("GetRecords", ["ShardIterator": iterator]).list("Records").map(Self.text)
  }

  static func text(_ record: [String: Any]) throws -> String {
    let base64 = try #require(record["Data"] as? String)
    let data = try #require(Data(base64Encoded: base64))
    return String(decoding: data, as: UTF8.self)
  }
}

func shardName(_ index: Int) -> String {
  let digits = String(index)
  return "shardId-" + String(repeating: "0", count: 12 - digits.count) + digits
}

final class ReportBook: Reporter {
  private let reports = Mutex<[Report]>([])

  func report(_ report: Report) {
    reports.withLock { $0.append(report) }
  }

  var all: [Report] { reports.withLock { $0 } }
}
