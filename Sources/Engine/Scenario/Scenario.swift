internal import Foundation

/// A demonstration as data: what to make, what to send, what to check at the end.
package struct Scenario: Sendable, Equatable, Codable {
  package struct Stream: Sendable, Equatable, Codable {
    package var name: String
    package var shards: Int
  }

  package struct Producer: Sendable, Equatable, Codable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
      case retailOrders = "retail-orders"
    }
    package var kind: Kind
    package var stream: String
    /// Records per second.
    package var rate: Int
    /// Instead of one that follows from the scenario's.
    package var seed: UInt64?
    /// What the records are spread over the shards by.
    package var key: RetailOrderGenerator.Key
    /// Bytes of a record.
    package var size: ClosedRange<Int>
  }

  /// A PostgreSQL server of the scenario's own, real, for as long as it is played.
  package struct Postgres: Sendable, Equatable, Codable {
    package var database: String
    /// What CREATE EXTERNAL SCHEMA calls the server, and its secret.
    package var uri: String
    package var secret: String
    /// Run in the database, in this order.
    package var statements: [String]
  }

  /// A question about the data with the only right answer.
  package struct Check: Sendable, Equatable, Codable {
    package var name: String
    /// Gives one row with one value.
    package var sql: String
    /// A number, or `produced` for the count of records that the producers had acknowledged.
    package var equals: String
  }

  package var name: String
  package var description: String
  package var seed: UInt64
  package var streams: [Stream]
  package var postgres: Postgres?
  /// Run in this order before the producers start.
  package var statements: [String]
  package var producers: [Producer]
  /// Records lost are the produced ones that `distinct` of this query does not have, doubled
  /// are those that `total` has beyond `distinct`. It returns one row: total, distinct.
  package var accounting: String
  package var checks: [Check]
  /// Offered in the query screen's history, the first one first.
  package var queries: [String]

  /// - Throws: `EngineError` that names the file, the place and what was expected.
  package static func load(_ path: String) throws -> Scenario {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw EngineError("cannot read the scenario \(path)")
    }
    return try parse(String(decoding: data, as: UTF8.self), path: path)
  }

  package static func parse(_ text: String, path: String) throws -> Scenario {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    let reader = ScenarioReader { name in
      try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    }
    return try reader.scenario(YAMLPlace.document(text, file: path))
  }
}
