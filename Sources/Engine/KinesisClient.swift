internal import Foundation

#if canImport(FoundationNetworking)
  internal import FoundationNetworking
#endif

/// As much of a Kinesis client as `weir put`, `weir tail` and the demo's producers need: the
/// same HTTP requests that the AWS clients send.
package struct KinesisClient: Sendable {
  package struct Failure: Error, CustomStringConvertible {
    /// AWS's error type, `ResourceNotFoundException`; empty where the endpoint did not answer.
    package var type: String
    package var message: String
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
      var StreamName: String
      var ShardCount: Int
    }
    _ = try await call("CreateStream", Request(StreamName: name, ShardCount: shards))
  }

  package func streamExists(_ name: String) async throws -> Bool {
    struct Request: Encodable { var StreamName: String }
    do {
      _ = try await call("DescribeStreamSummary", Request(StreamName: name))
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
      var PartitionKey: String
      var Data: String
    }
    struct Request: Encodable {
      var StreamName: String
      var Records: [Record]
    }
    struct Answer: Decodable {
      struct Item: Decodable { var ErrorCode: String? }
      var FailedRecordCount: Int
      var Records: [Item]
    }
    let records = entries.map {
      Record(PartitionKey: $0.partitionKey, Data: Data($0.data).base64EncodedString())
    }
    let data = try await call("PutRecords", Request(StreamName: stream, Records: records))
    let answer = try decode(Answer.self, from: data)
    guard answer.FailedRecordCount > 0 else { return [] }
    return answer.Records.indices.filter { answer.Records[$0].ErrorCode != nil }
  }

  package func shards(of stream: String) async throws -> [String] {
    struct Request: Encodable { var StreamName: String }
    struct Answer: Decodable {
      struct Shard: Decodable { var ShardId: String }
      var Shards: [Shard]
    }
    let data = try await call("ListShards", Request(StreamName: stream))
    return try decode(Answer.self, from: data).Shards.map(\.ShardId)
  }

  package enum Start: Sendable {
    case trimHorizon
    case latest
    case timestamp(Double)
  }

  package func iterator(stream: String, shard: String, start: Start) async throws -> String {
    struct Request: Encodable {
      var StreamName: String
      var ShardId: String
      var ShardIteratorType: String
      var Timestamp: Double?
    }
    struct Answer: Decodable { var ShardIterator: String }
    var request = Request(
      StreamName: stream, ShardId: shard, ShardIteratorType: "TRIM_HORIZON", Timestamp: nil)
    switch start {
    case .trimHorizon: break
    case .latest: request.ShardIteratorType = "LATEST"
    case .timestamp(let seconds):
      request.ShardIteratorType = "AT_TIMESTAMP"
      request.Timestamp = seconds
    }
    let data = try await call("GetShardIterator", request)
    return try decode(Answer.self, from: data).ShardIterator
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
      var ShardIterator: String
      var Limit: Int
    }
    struct Answer: Decodable {
      struct Record: Decodable {
        var SequenceNumber: String
        var PartitionKey: String
        var ApproximateArrivalTimestamp: Double
        var Data: String
      }
      var Records: [Record]
      var NextShardIterator: String?
      var MillisBehindLatest: Int
    }
    let data = try await call("GetRecords", Request(ShardIterator: iterator, Limit: limit))
    let answer = try decode(Answer.self, from: data)
    let records = answer.Records.map {
      Page.Record(
        sequence: $0.SequenceNumber, partitionKey: $0.PartitionKey,
        arrivedAt: $0.ApproximateArrivalTimestamp,
        data: Foundation.Data(base64Encoded: $0.Data).map(Array.init) ?? [])
    }
    return Page(
      records: records, next: answer.NextShardIterator,
      millisecondsBehind: answer.MillisBehindLatest)
  }

  // MARK: The wire

  private func call(_ operation: String, _ body: some Encodable) async throws -> Data {
    var request = URLRequest(url: endpoint)
    request.httpMethod = "POST"
    request.setValue("application/x-amz-json-1.1", forHTTPHeaderField: "Content-Type")
    request.setValue("Kinesis_20131202." + operation, forHTTPHeaderField: "X-Amz-Target")
    request.httpBody = try JSONEncoder().encode(body)
    let answer: (Data, URLResponse)
    do {
      answer = try await session.data(for: request)
    } catch let error as URLError {
      throw Failure(
        type: "", message: "\(endpoint.absoluteString) does not answer (\(error.code.rawValue))")
    }
    guard let response = answer.1 as? HTTPURLResponse else {
      throw Failure(type: "", message: "\(endpoint.absoluteString) did not answer in HTTP")
    }
    guard response.statusCode == 200 else { throw failure(in: answer.0, response.statusCode) }
    return answer.0
  }

  private func failure(in body: Data, _ status: Int) -> Failure {
    struct Answer: Decodable {
      var __type: String?
      var message: String?
      var Message: String?
    }
    let answer = try? JSONDecoder().decode(Answer.self, from: body)
    let type = answer?.__type?.split(separator: "#").last.map(String.init) ?? ""
    return Failure(
      type: type, message: answer?.message ?? answer?.Message ?? "HTTP status \(status)")
  }

  private func decode<Value: Decodable>(_ type: Value.Type, from data: Data) throws -> Value {
    do {
      return try JSONDecoder().decode(type, from: data)
    } catch {
      throw Failure(type: "", message: "the endpoint's answer is not what Kinesis sends: \(error)")
    }
  }
}
