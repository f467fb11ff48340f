internal import Core
internal import StreamLog

/// What a refresher has done at a time.
struct RefreshOutcome: Sendable {
  var report: RefreshReport
  /// False if there is more to read.
  var reachedTip: Bool
  /// Whether the refresh computed the view anew.
  var isRecomputed = false
  /// Whether there was nothing to do.
  var isUpToDate = false
  /// Records that the view can never have.
  var missed: [MissedRecords] = []
  /// Shards that are not read, because they lost records.
  var losses: [ShardLoss] = []
}

/// How one view is brought up to date. Blocking: used on its refresher's queue, but for
/// `interrupt` and `changes`.
protocol ViewWork: Sendable {
  /// Does the next part of what there is to do, in a transaction of its own.
  func runBatch(isAutomatic: Bool, session: Int) throws -> RefreshOutcome

  /// Where what was done is written down.
  var ledger: RefreshLedger { get }

  /// Stops the statement that is running. From any thread.
  func interrupt()

  /// An element whenever there may be something to do.
  func changes() throws -> AsyncStream<Void>
}
