internal import Foundation
internal import Yams

/// A demonstration as data: what to make, what to send, what to check at the end.
package struct Scenario: Sendable, Equatable, Decodable {
  package struct Stream: Sendable, Equatable, Decodable {
    package var name: String
    package var shards: Int
  }

  package struct Producer: Sendable, Equatable, Decodable {
    package enum Kind: String, Sendable, Decodable { case retailOrders = "retail-orders" }
    package var kind: Kind
    package var stream: String
    /// Records per second.
    package var rate: Int
  }

  /// A question about the data with the only right answer.
  package struct Check: Sendable, Equatable, Decodable {
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
  /// Run in this order before the producers start.
  package var statements: [String]
  package var producers: [Producer]
  /// Records lost are the produced ones that `distinct` of this query does not have, doubled
  /// are those that `total` has beyond `distinct`. It returns one row: total, distinct.
  package var accounting: String
  package var checks: [Check]
  /// Offered in the query screen's history, the first one first.
  package var queries: [String]

  /// The keys of each mapping, to tell a mistyped one.
  private static let keys: Set<String> = [
    "name", "description", "seed", "streams", "statements", "producers", "accounting", "checks",
    "queries",
  ]

  /// - Throws: `EngineError` that names the file, the place and what was expected.
  package static func load(_ path: String) throws -> Scenario {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw EngineError("cannot read the scenario \(path)")
    }
    return try parse(String(decoding: data, as: UTF8.self), path: path)
  }

  package static func parse(_ text: String, path: String) throws -> Scenario {
    let scenario: Scenario
    do {
      for key in try Yams.compose(yaml: text)?.mapping.map({ Array($0.keys) }) ?? []
      where !keys.contains(key.string ?? "") {
        throw EngineError(
          "\(path):\(key.mark?.line ?? 0): unknown key '\(key.string ?? "?")'; "
            + "known are \(keys.sorted().joined(separator: ", "))")
      }
      scenario = try YAMLDecoder().decode(Scenario.self, from: text)
    } catch let error as EngineError {
      throw error
    } catch let error as DecodingError {
      throw EngineError("\(path): \(describe(error))")
    } catch {
      throw EngineError("\(path) is not a scenario: \(error)")
    }
    try scenario.check(path)
    return scenario
  }

  private static func describe(_ error: DecodingError) -> String {
    func place(_ path: [any CodingKey]) -> String {
      path.map { $0.intValue.map { "[\($0)]" } ?? "." + $0.stringValue }.joined()
    }
    switch error {
    case .keyNotFound(let key, let context):
      return "\(place(context.codingPath)) lacks '\(key.stringValue)'"
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .dataCorrupted(let context):
      return "\(place(context.codingPath)): \(context.debugDescription)"
    @unknown default: return "\(error)"
    }
  }

  private func check(_ path: String) throws {
    for stream in streams where !(1...1_000).contains(stream.shards) {
      throw EngineError("\(path): stream \(stream.name) needs 1 to 1000 shards")
    }
    for producer in producers {
      guard streams.contains(where: { $0.name == producer.stream }) else {
        throw EngineError("\(path): a producer names '\(producer.stream)', which is no stream here")
      }
      guard (1...1_000_000).contains(producer.rate) else {
        throw EngineError("\(path): a producer's rate is 1 to 1000000 records per second")
      }
    }
    for check in checks where check.equals != "produced" && Int(check.equals) == nil {
      throw EngineError(
        "\(path): the check '\(check.name)' must equal a number or `produced`")
    }
  }
}
