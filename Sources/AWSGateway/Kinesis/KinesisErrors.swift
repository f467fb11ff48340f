import AWSProtocol
import Core
import Logging
import StreamLog
import Synchronization

extension AWSError {
  static func streamNotFound(_ stream: String, account: String) -> AWSError {
    AWSError(.resourceNotFound, "Stream \(stream) under account \(account) not found.")
  }

  static func shardNotFound(_ shard: String, stream: String, account: String) -> AWSError {
    AWSError(
      .resourceNotFound,
      "Shard \(shard) in stream \(stream) under account \(account) does not exist")
  }

  static func shardUnknown(_ shard: String, stream: String, account: String) -> AWSError {
    AWSError(
      .resourceNotFound,
      "Could not find shard \(shard) in stream \(stream) under account \(account).")
  }

  /// For the operations that change shards.
  static func shardClosed(_ shard: String, stream: String, account: String) -> AWSError {
    AWSError(
      .invalidArgument,
      "Shard \(shard) in stream \(stream) under account \(account) has already been "
        + "merged or split, and thus is not eligible for merging or splitting.")
  }

  static func rateExceeded(_ shard: String, stream: String, account: String) -> AWSError {
    AWSError(
      .throughputExceeded,
      "Rate exceeded for shard \(shard) in stream \(stream) under account \(account).")
  }
}

/// The one place where the log's errors become AWS's.
extension KinesisService {
  func attempt<T>(_ body: () throws(StreamLogError) -> T) throws(AWSError) -> T {
    do {
      return try body()
    } catch {
      throw translate(error)
    }
  }

  /// As `attempt`, for the log's changes.
  func carryOut<T: Sendable>(
    _ body: () async throws(StreamLogError) -> T
  ) async throws(AWSError) -> T {
    do throws(StreamLogError) {
      return try await body()
    } catch {
      throw translate(error)
    }
  }

  func translate(_ error: StreamLogError) -> AWSError {
    switch error {
    case .streamNotFound(let stream):
      .streamNotFound(stream, account: account)
    case .streamExists(let stream):
      AWSError(.resourceInUse, "Stream \(stream) under account \(account) already exists.")
    case .shardNotFound(let stream, let shard):
      .shardNotFound(shard, stream: stream, account: account)
    case .shardClosed(let stream, let shard):
      .shardClosed(shard, stream: stream, account: account)
    case .streamBusy(let stream):
      notActive(stream)
    case .throttled(let stream, let shard):
      .rateExceeded(shard, stream: stream, account: account)
    case .invalidArgument(let text):
      AWSError(.invalidArgument, text)
    case .limitExceeded(let text):
      AWSError(.limitExceeded, text)
    case .closed:
      AWSError(.serviceUnavailable, "The stream log is closed.")
    case .io, .stalled, .corrupt, .unknownVersion:
      internalFailure(error)
    }
  }

  private func notActive(_ stream: String) -> AWSError {
    let status = (try? log.summary(of: stream))?.status
    // It may have become active since.
    let state = status.flatMap { $0 == .active ? nil : ", instead in state \($0.rawValue)" } ?? "."
    return AWSError(
      .resourceInUse, "Stream \(stream) under account \(account) not ACTIVE\(state)")
  }

  /// Tells the person at the screen, and the log file.
  func tell(_ text: String) {
    // A full disk fails every record of every request: once in a while says as much.
    guard notices.admits(text, at: clock.now()) else { return }
    logger.error("\(text)")
    reporter.report(.message(level: .error, source: "aws", text: text))
  }

  /// The client learns only that it may try again; the person at the screen learns why. Where a
  /// stream could not be opened no try helps, and the client learns which file is to blame.
  private func internalFailure(_ error: StreamLogError) -> AWSError {
    tell("the stream log failed: \(error)")
    if let broken = log.brokenStreams.first(where: { $0.value == error }) {
      return AWSError(
        .internalFailure,
        "Stream \(broken.key) under account \(account) cannot be opened: \(error).")
    }
    return AWSError(.internalFailure, "The request failed because of an internal failure.")
  }
}

/// Lets the same text through once in ten seconds.
final class NoticeLimiter: Sendable {
  private static let pauseSeconds = 10.0
  private static let textsMax = 1_000
  private let last = Mutex<[String: Timestamp]>([:])

  func admits(_ text: String, at now: Timestamp) -> Bool {
    last.withLock { last in
      if let time = last[text], now.seconds(since: time) < Self.pauseSeconds { return false }
      if last.count >= Self.textsMax { last = [:] }
      last[text] = now
      return true
    }
  }
}
