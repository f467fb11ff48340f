import ArgumentParser
import Core
import Engine
import Foundation

struct TailCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tail", abstract: "Print a stream's records as they arrive.",
    discussion: """
      Each record's bytes and a line's end. On a terminal control characters are shown as marks \
      (␛ for escape); a pipe or a file gets the bytes as they are.
      """)

  @Argument(help: "The stream's name.")
  var stream: String
  @Option(
    help: ArgumentHelp(
      "Where to begin: trim-horizon, latest, or an ISO 8601 time such as 2026-11-24T12:00:00Z.",
      valueName: "start"))
  var from = "latest"
  @Option(help: ArgumentHelp("Stop after this many records.", valueName: "n"))
  var limit: Int?
  @Flag(help: "Print shard, sequence number, arrival time and partition key too.")
  var verbose = false
  @Option(help: ArgumentHelp("An endpoint, instead of the data directory's.", valueName: "url"))
  var endpoint: String?
  @OptionGroup var options: DataOptions

  func validate() throws {
    if start == nil {
      throw ValidationError("'\(from)' is not trim-horizon, latest or an ISO 8601 time")
    }
  }

  private var start: KinesisClient.Start? {
    switch from {
    case "trim-horizon": .trimHorizon
    case "latest": .latest
    default:
      ISO8601DateFormatter().date(from: from).map { .timestamp($0.timeIntervalSince1970) }
    }
  }

  func run() async throws {
    try await reportingFailure {
      let client = try KinesisClient(endpoint: endpoint ?? options.running().awsURL)
      var iterators: [(shard: String, iterator: String)] = []
      for shard in try await client.shards(of: stream) {
        iterators.append(
          (
            shard,
            try await client.iterator(stream: stream, shard: shard, start: start ?? .latest)
          ))
      }
      try await follow(iterators, with: client)
    }
  }

  private func follow(
    _ start: [(shard: String, iterator: String)], with client: KinesisClient
  ) async throws {
    var iterators = start
    var left = limit ?? .max
    while !iterators.isEmpty, left > 0 {
      var next: [(shard: String, iterator: String)] = []
      var found = false
      for (shard, iterator) in iterators {
        let page = try await client.records(at: iterator)
        for record in page.records.prefix(left) { try show(record, shard: shard) }
        left -= min(left, page.records.count)
        found = found || !page.records.isEmpty
        if let iterator = page.next { next.append((shard, iterator)) }
      }
      iterators = next
      if !found { try await Task.sleep(for: .milliseconds(200)) }
    }
  }

  private func show(_ record: KinesisClient.Page.Record, shard: String) throws {
    var bytes = record.data + [0x0A]
    if verbose {
      let time = Date(timeIntervalSince1970: record.arrivedAt).ISO8601Format()
      bytes = Array("\(shard) \(record.sequence) \(time) \(record.partitionKey) ".utf8) + bytes
    }
    if isTerminal(1) {
      try standardOutput(String(decoding: bytes, as: UTF8.self))
    } else {
      try standardOutput(bytes: bytes)
    }
  }
}
