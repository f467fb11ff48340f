internal import Dispatch
internal import Foundation
internal import Synchronization

#if canImport(FoundationNetworking)
  internal import FoundationNetworking
#endif

/// As much of a Kinesis client as `weir put`, `weir tail` and the demo's producers need: the
/// same HTTP requests that the AWS clients send.
package struct KinesisClient: Sendable {
  package struct Failure: Error, CustomStringConvertible {
    /// AWS's error type, `ResourceNotFoundException`; empty where the endpoint gave none.
    package var type: String
    package var message: String
    /// Of the answer; nil where there was none.
    package var status: Int?

    /// Whether the same request may succeed later.
    package var isTransient: Bool {
      guard let status else { return true }
      return status >= 500 || status == 429 || Self.throttling.contains(type)
    }

    private static let throttling: Set<String> = [
      "ProvisionedThroughputExceededException", "LimitExceededException", "ThrottlingException",
      "KMSThrottlingException", "ResourceInUseException",
    ]

    package var description: String { type.isEmpty ? message : "\(type): \(message)" }
  }

  package struct Entry: Sendable {
    package var partitionKey: String
    package var data: [UInt8]

    package init(partitionKey: String, data: [UInt8]) {
      self.partitionKey = partitionKey
      self.data = data
    }
  }

  /// How many records a PutRecords request may have.
  package static let entriesMax = 500

  private let endpoint: URL
  private let session: URLSession

  /// - Parameter endpoint: `http://127.0.0.1:4566`.
  package init(endpoint: String) throws {
    guard let url = URL(string: endpoint), url.scheme == "http" || url.scheme == "https",
      url.host != nil
    else { throw EngineError("'\(endpoint)' is not an http URL") }
    self.endpoint = url
    let configuration = URLSessionConfiguration.ephemeral
    configuration.timeoutIntervalForRequest = 30
    configuration.httpMaximumConnectionsPerHost = 16
    session = URLSession(configuration: configuration)
  }

  package func createStream(_ name: String, shards: Int) async throws {
    struct Request: Encodable {
      var streamName: String
      var shardCount: Int
    }
    _ = try await call("CreateStream", Request(streamName: name, shardCount: shards))
  }

  package func streamExists(_ name: String) async throws -> Bool {
    struct Request: Encodable { var streamName: String }
    do {
      _ = try await call("DescribeStreamSummary", Request(streamName: name))
      return true
    } catch let failure as Failure where failure.type == "ResourceNotFoundException" {
      return false
    }
  }

  /// Puts up to 500 records.
  ///
  /// - Returns: the indices of the entries that the stream did not take, to be tried again.
  package func put(_ entries: [Entry], to stream: String) async throws -> [Int] {
    struct Record: Encodable {
      var partitionKey: String
      var data: String
    }
    struct Request: Encodable {
      var streamName: String
      var records: [Record]
    }
    struct Answer: Decodable {
      struct Item: Decodable { var errorCode: String? }
      var failedRecordCount: Int
      var records: [Item]
    }
    let records = entries.map {
      Record(partitionKey: $0.partitionKey, data: Data($0.data).base64EncodedString())
    }
    let data = try await call("PutRecords", Request(streamName: stream, records: records))
    let answer = try decode(Answer.self, from: data)
    guard answer.failedRecordCount > 0 else { return [] }
    return answer.records.indices.filter { answer.records[$0].errorCode != nil }
  }

  /// The ids of all shards, however many pages they take.
  package func shards(of stream: String) async throws -> [String] {
    struct Request: Encodable {
      var streamName: String?
      var nextToken: String?
    }
    struct Answer: Decodable {
      struct Shard: Decodable { var shardId: String }
      var shards: [Shard]
      var nextToken: String?
    }
    var shards: [String] = []
    var request = Request(streamName: stream)
    while true {
      let answer = try decode(Answer.self, from: try await call("ListShards", request))
      shards += answer.shards.map(\.shardId)
      guard let token = answer.nextToken else { return shards }
      // A page is asked for by its token alone.
      request = Request(nextToken: token)
    }
  }

  package enum Start: Sendable {
    case trimHorizon
    case latest
    case timestamp(Double)
  }

  package func iterator(stream: String, shard: String, start: Start) async throws -> String {
    struct Request: Encodable {
      var streamName: String
      var shardId: String
      var shardIteratorType: String
      var timestamp: Double?
    }
    struct Answer: Decodable { var shardIterator: String }
    var request = Request(
      streamName: stream, shardId: shard, shardIteratorType: "TRIM_HORIZON", timestamp: nil)
    switch start {
    case .trimHorizon: break
    case .latest: request.shardIteratorType = "LATEST"
    case .timestamp(let seconds):
      request.shardIteratorType = "AT_TIMESTAMP"
      request.timestamp = seconds
    }
    let data = try await call("GetShardIterator", request)
    return try decode(Answer.self, from: data).shardIterator
  }

  package struct Page: Sendable {
    package struct Record: Sendable {
      package var sequence: String
      package var partitionKey: String
      package var arrivedAt: Double
      package var data: [UInt8]
    }
    package var records: [Record]
    package var next: String?
    package var millisecondsBehind: Int
  }

  package func records(at iterator: String, limit: Int = 1000) async throws -> Page {
    struct Request: Encodable {
      var shardIterator: String
      var limit: Int
    }
    struct Answer: Decodable {
      struct Record: Decodable {
        var sequenceNumber: String
        var partitionKey: String
        var approximateArrivalTimestamp: Double
        var data: String
      }
      var records: [Record]
      var nextShardIterator: String?
      var millisBehindLatest: Int
    }
    let data = try await call("GetRecords", Request(shardIterator: iterator, limit: limit))
    let answer = try decode(Answer.self, from: data)
    let records = answer.records.map {
      Page.Record(
        sequence: $0.sequenceNumber, partitionKey: $0.partitionKey,
        arrivedAt: $0.approximateArrivalTimestamp,
        data: Foundation.Data(base64Encoded: $0.data).map(Array.init) ?? [])
    }
    return Page(
      records: records, next: answer.nextShardIterator,
      millisecondsBehind: answer.millisBehindLatest)
  }

  // MARK: The wire

  private func call(_ operation: String, _ body: some Encodable) async throws -> Data {
    var request = URLRequest(url: endpoint)
    request.httpMethod = "POST"
    request.setValue("application/x-amz-json-1.1", forHTTPHeaderField: "Content-Type")
    request.setValue("Kinesis_20131202." + operation, forHTTPHeaderField: "X-Amz-Target")
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .custom { MemberName.capitalised($0) }
    request.httpBody = try encoder.encode(body)
    let answer: (Data, URLResponse)
    do {
      answer = try await self.answer(to: request)
    } catch let error as URLError {
      try Task.checkCancellation()
      throw Failure(type: "", message: "\(endpoint.absoluteString) \(Self.reason(error))")
    }
    guard let response = answer.1 as? HTTPURLResponse else {
      throw Failure(type: "", message: "\(endpoint.absoluteString) did not answer in HTTP")
    }
    guard response.statusCode == 200 else { throw failure(in: answer.0, response.statusCode) }
    return answer.0
  }

  /// As `URLSession.data(for:)`, but for how it is cancelled: nobody waits any more, and the
  /// request ends by itself. To cancel it while it fails traps in Foundation, or locks up.
  private func answer(to request: URLRequest) async throws -> (Data, URLResponse) {
    let waiter = Waiter()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        waiter.continuation.withLock { $0 = continuation }
        session.dataTask(with: request) { data, response, error in
          if let data, let response {
            waiter.take()?.resume(returning: (data, response))
          } else {
            waiter.take()?.resume(throwing: error ?? URLError(.unknown))
          }
        }.resume()
        if Task.isCancelled { waiter.take()?.resume(throwing: CancellationError()) }
      }
    } onCancel: {
      DispatchQueue.global().async { waiter.take()?.resume(throwing: CancellationError()) }
    }
  }

  /// Who waits for an answer, until it is there or nobody wants it.
  private final class Waiter: Sendable {
    typealias Continuation = CheckedContinuation<(Data, URLResponse), any Error>
    let continuation = Mutex<Continuation?>(nil)

    func take() -> Continuation? {
      continuation.withLock { waiting in
        defer { waiting = nil }
        return waiting
      }
    }
  }

  private static func reason(_ error: URLError) -> String {
    switch error.code {
    case .cannotConnectToHost: "does not answer: nothing listens there"
    case .cannotFindHost, .dnsLookupFailed: "does not answer: its name is not known"
    case .timedOut: "does not answer in time"
    default: "broke the connection off"
    }
  }

  private func failure(in body: Data, _ status: Int) -> Failure {
    let answer = try? JSONDecoder().decode([String: String].self, from: body)
    let type = answer?["__type"]?.split(separator: "#").last.map(String.init) ?? ""
    return Failure(
      type: type,
      message: answer?["message"] ?? answer?["Message"]
        ?? "\(endpoint.absoluteString) answered with HTTP status \(status)", status: status)
  }

  private func decode<Value: Decodable>(_ type: Value.Type, from data: Data) throws -> Value {
    do {
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .custom { MemberName.uncapitalised($0) }
      return try decoder.decode(type, from: data)
    } catch {
      throw Failure(
        type: "", message: "\(endpoint.absoluteString) does not answer as Kinesis does",
        status: 200)
    }
  }
}

/// AWS's members start with a capital, Swift's do not.
private struct MemberName: CodingKey {
  var stringValue: String
  var intValue: Int?

  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }

  static func capitalised(_ path: [any CodingKey]) -> any CodingKey {
    let name = path.last?.stringValue ?? ""
    return MemberName(stringValue: name.prefix(1).uppercased() + name.dropFirst())
  }

  static func uncapitalised(_ path: [any CodingKey]) -> any CodingKey {
    let name = path.last?.stringValue ?? ""
    return MemberName(stringValue: name.prefix(1).lowercased() + name.dropFirst())
  }
}
