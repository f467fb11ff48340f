import ArgumentParser
import Core
import Engine
import Foundation

struct PutCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "put", abstract: "Put lines of a file or of standard input into a stream.",
    discussion: """
      Every line that is not empty becomes one record, without its end: LF or CRLF. A CR \
      elsewhere stays. What the stream does not take at once is tried again, 8 times in about 12 \
      seconds; then the command ends with status 1.
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

  /// Tries for one request, with growing pauses: about 12 seconds in all, and not many more where
  /// the endpoint takes long to fail.
  private static let triesMax = 8
  private static let timeMax = Duration.seconds(30)

  func run() async throws {
    try await reportingFailure {
      let client = try KinesisClient(endpoint: endpoint ?? options.running().awsURL)
      var input =
        try file.map { try LineReader(path: $0) }
        ?? LineReader(.standardInput, name: "standard input")
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

  private func key() -> String {
    partitionKey ?? String(UInt64.random(in: 0 ... .max), radix: 36)
  }

  private func send(
    _ batch: inout [KinesisClient.Entry], with client: KinesisClient, _ progress: inout PutProgress
  ) async throws {
    var rest = batch
    let begin = ContinuousClock.now
    for tries in 1... where !rest.isEmpty {
      var reason = "the stream does not take all records"
      do {
        let failed = try await client.put(rest, to: stream)
        progress.add(records: rest.count - failed.count)
        rest = failed.map { rest[$0] }
        if rest.isEmpty { break }
      } catch let failure as KinesisClient.Failure where failure.isTransient {
        reason = failure.description
      }
      guard tries < Self.triesMax, ContinuousClock.now - begin < Self.timeMax else {
        progress.finish()
        throw EngineError("\(reason); gave up after \(tries) tries")
      }
      progress.retry(tries, because: reason)
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
  private var retries = 0
  private let isLive = isTerminal(2)

  mutating func add(records count: Int) {
    records += count
    guard isLive, Date().timeIntervalSince(shownAt) > 0.2 else { return }
    show(line)
  }

  /// Says at once why the line stands still; where no person watches, once for each request.
  mutating func retry(_ tries: Int, because reason: String) {
    retries += 1
    if isLive {
      // Short enough for a line: what wraps cannot be redrawn in place.
      show("\(reason); trying again (\(tries))")
    } else if tries == 1 {
      standardError("weir: \(reason); trying again")
    }
  }

  private mutating func show(_ text: String) {
    shownAt = Date()
    standardErrorRaw("\r\u{1B}[K" + visible(text, isCell: true))
  }

  private var line: String {
    let seconds = Date().timeIntervalSince(startedAt)
    let rate = seconds > 0 ? Int(Double(records) / seconds) : 0
    return "\(records) records, \(rate) records/s" + (retries > 0 ? ", \(retries) retries" : "")
  }

  func finish() {
    if isLive { standardErrorRaw("\r\u{1B}[K") }
    standardError(line)
  }
}
