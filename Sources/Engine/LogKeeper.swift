internal import Core
internal import StreamLog

/// What the stream log has to have done by the clock: expiry, the scaling of streams in on-demand
/// mode, and a look whether disks that failed are well again.
struct LogKeeper: Sendable {
  /// Between two looks at the load of shards.
  private static let pause = Duration.seconds(1)
  /// Looks at the load for one at what has expired.
  private static let looksPerExpiry = 10

  let log: StreamLog
  let reporter: any Reporter

  /// Until it is cancelled.
  func run() async throws {
    var looks = 0
    while true {
      if looks % Self.looksPerExpiry == 0 { await expire() }
      looks += 1
      await log.probeDegradedShards()
      await log.scaleOnDemandStreams()
      try await Task.sleep(for: Self.pause)
    }
  }

  private func expire() async {
    do throws(StreamLogError) {
      try await log.expire()
    } catch {
      reporter.report(
        .message(
          level: .error, source: "stream log",
          text: "expired records could not be removed; the next try is in "
            + "\(Self.looksPerExpiry) s: \(error)"))
    }
  }
}
