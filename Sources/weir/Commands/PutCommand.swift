import ArgumentParser
import Core
import Engine
import Foundation

struct PutCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "put", abstract: "Put lines of a file or of standard input into a stream.",
    discussion: """
      Every line that is not empty becomes one record. What the stream does not take at once is \
      tried again; the command ends with status 1 if records remain.
      """)

  @Argument(help: "The stream's name.")
  var stream: String
  @Argument(help: "The file; standard input if none is given.")
  var file: String?
  @Option(
    help: ArgumentHelp(
      "Use this as every record's partition key, instead of a random one.", valueName: "key"))
  var partitionKey: String?
  @Option(help: ArgumentHelp("An endpoint, instead of the data directory's.", valueName: "url"))
  var endpoint: String?
  @OptionGroup var options: DataOptions

  /// Tries for one request, with growing pauses: about 12 seconds in all.
  private static let triesMax = 8

  func run() async throws {
    try await reportingFailure {
      let client = try KinesisClient(endpoint: endpoint ?? options.running().awsURL)
      var input = LineReader(try openInput())
      var progress = PutProgress()
      var batch: [KinesisClient.Entry] = []
      var bytes = 0
      while let data = try input.next() {
        if data.isEmpty { continue }
        if batch.count == KinesisClient.entriesMax || bytes + data.count > 4 << 20 {
          try await send(&batch, with: client, &progress)
          bytes = 0
        }
        bytes += data.count
        batch.append(KinesisClient.Entry(partitionKey: key(), data: data))
      }
      try await send(&batch, with: client, &progress)
      progress.finish()
    }
  }

  private func openInput() throws -> FileHandle {
    guard let file else { return .standardInput }
    guard let handle = FileHandle(forReadingAtPath: file) else {
      throw EngineError("cannot read \(file)")
    }
    return handle
  }

  private func key() -> String {
    partitionKey ?? String(UInt64.random(in: 0 ... .max), radix: 36)
  }

  private func send(
    _ batch: inout [KinesisClient.Entry], with client: KinesisClient, _ progress: inout PutProgress
  ) async throws {
    var rest = batch
    var tries = 0
    while !rest.isEmpty {
      do {
        let failed = try await client.put(rest, to: stream)
        progress.add(records: rest.count - failed.count)
        rest = failed.map { rest[$0] }
        if rest.isEmpty { break }
      } catch let failure as KinesisClient.Failure where !failure.type.isEmpty {
        throw failure
      } catch let failure as KinesisClient.Failure where tries + 1 >= Self.triesMax {
        throw failure
      } catch is KinesisClient.Failure {
        // The endpoint did not answer: it may be starting again.
      }
      tries += 1
      guard tries < Self.triesMax else {
        throw EngineError("the stream did not take \(rest.count) records after \(tries) tries")
      }
      progress.retries += 1
      try await Task.sleep(for: .milliseconds(100 << min(tries, 5)))
    }
    batch.removeAll(keepingCapacity: true)
  }
}

/// How far a put is: a line on standard error, redrawn in place where a person sees it.
struct PutProgress {
  private let startedAt = Date()
  private var shownAt = Date.distantPast
  private var records = 0
  private let isLive = isTerminal(2)
  var retries = 0

  mutating func add(records count: Int) {
    records += count
    guard isLive, Date().timeIntervalSince(shownAt) > 0.2 else { return }
    shownAt = Date()
    FileHandle.standardError.write(Data("\r\u{1B}[K\(line)".utf8))
  }

  private var line: String {
    let seconds = Date().timeIntervalSince(startedAt)
    let rate = seconds > 0 ? Int(Double(records) / seconds) : 0
    return "\(records) records, \(rate) records/s" + (retries > 0 ? ", \(retries) retries" : "")
  }

  func finish() {
    standardError((isLive ? "\r\u{1B}[K" : "") + line)
  }
}
