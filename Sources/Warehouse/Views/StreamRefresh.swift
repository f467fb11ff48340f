internal import Core
internal import DuckDB
internal import StreamLog

/// Brings a view over a stream up to date, batch by batch, on a connection of its own.
///
/// Rows, positions, history and skipped records of a batch commit in one transaction: after a
/// crash at any instant a record's row is there exactly when the position is past it.
/// Blocking. @unchecked Sendable: owned by one `ViewRefresher` and used on its queue only, but
/// for `interrupt`, which DuckDB allows from any thread.
final class StreamRefresh: ViewWork, @unchecked Sendable {
  /// Payload bytes of one batch: bounds how long others wait for the view. So many that each
  /// thread fills many row groups (122,880 rows) of its own, which go to the disk while others are
  /// read: what is left in the threads at the end, one of them writes while the others wait.
  static let batchBytesMax = 1 << 30
  /// Of a batch in the background, in whose way a statement may come.
  static let automaticBytesMax = 64 << 20

  /// Payload bytes of a batch whose rows one thread inserts, so that those of a shard keep their
  /// order in the table. Behind that, a view is catching up, and all threads insert.
  static let orderedBytesMax = 8 << 20

  private let view: MaterializedView
  private let stream: String
  private let plan: StreamPlan
  private let storage: ViewStorage
  private let dependents: Dependents
  private let connection: Connection
  /// Where single records are tried, outside the batch's transaction.
  private let probe: Connection
  let ledger: RefreshLedger
  private let log: StreamLog
  private let registry: ScanRegistry
  private let pace: RefreshPace
  private let clock: any WallClock
  private var positions: (streamID: String, next: [ShardID: UInt64])?
  /// A shard that has lost records stays here, and on the disk, when it grows past the view's
  /// position: what it takes now has the places of what is gone, and would pass for read.
  private var losses: (streamID: String, shards: [ShardID: ShardLoss])?

  init(
    view: MaterializedView, stream: String, plan: StreamPlan, connection: Connection,
    probe: Connection, log: StreamLog, registry: ScanRegistry, dependents: Dependents,
    pace: RefreshPace, clock: any WallClock
  ) {
    self.view = view
    self.stream = stream
    self.plan = plan
    self.dependents = dependents
    storage = ViewStorage(view: view, shape: plan.shape)
    self.connection = connection
    self.probe = probe
    ledger = RefreshLedger(view: view, connection: connection)
    self.log = log
    self.registry = registry
    self.pace = pace
    self.clock = clock
  }

  /// Batches that are read without a search for fields: after one was in vain, the next may be.
  private var plainBatches = 0
  /// What the connection was told last.
  private var insertsInOrder = true

  /// Stops the statement that is running. From any thread.
  func interrupt() { connection.interrupt() }

  func changes() throws -> AsyncStream<Void> { try log.changes(of: stream) }

  /// Reads the next batch into the view. A shard that lost records waits, and is told of in the
  /// outcome; the others are read.
  ///
  /// - Throws: `SQLError`; the transaction was rolled back and nothing has changed.
  func runBatch(isAutomatic: Bool, session: Int) throws -> RefreshOutcome {
    let startedAt = clock.now()
    do {
      let summary = try log.summary(of: stream)
      let from = try start(in: summary.id)
      try noteLosses(from, summary, foundAt: startedAt)
      let scan = try log.scan(
        stream: stream, from: from,
        bytesMax: isAutomatic ? pace.batchBytes ?? Self.automaticBytesMax : Self.batchBytesMax,
        withholding: Set(losses?.shards.keys.map { $0 } ?? []))
      let batch = ScanBatch(
        scan: scan, startedAt: startedAt, fields: plainBatches == 0 ? plan.fields?.paths : nil,
        threadsMax: isAutomatic && pace.isBusy ? 1 : nil, passesOnlyJSON: plan.passesOnlyJSON)
      if plainBatches > 0 { plainBatches -= 1 }
      let stats: Stats
      if scan.recordCount == 0, scan.missed.isEmpty {
        stats = Stats(refresh: 0, rows: 0, unfit: 0, damaged: 0)
        if !isAutomatic { try noteEmptyRefresh(of: batch, stats, session: session) }
      } else {
        stats = try transaction {
          try refresh(
            batch, streamID: summary.id, isAutomatic: isAutomatic, session: session)
        }
        positions = (summary.id, scan.ends)
        dependents.wake(over: [view.relation])
      }
      return outcome(of: batch, stats, isAutomatic: isAutomatic)
    } catch let error as StreamLogError {
      throw error.sqlError
    } catch let error as DuckDBError {
      throw error.sqlError
    }
  }

  private struct Stats {
    var refresh: Int64
    var rows: Int
    /// Records that no row could be made of.
    var unfit: Int
    /// Records that the disk does not have as they were written.
    var damaged: Int
  }

  private func outcome(of batch: ScanBatch, _ stats: Stats, isAutomatic: Bool) -> RefreshOutcome {
    let now = clock.now()
    let tallies = batch.tallies.values
    // Nobody waited for a record before there was a view to see it in.
    let oldest = tallies.compactMap(\.oldest).min().map { max($0, view.createdAt) }
    let newest = tallies.compactMap(\.newest).max().map { max($0, view.createdAt) }
    let report = RefreshReport(
      schema: view.schema, view: view.name, isAutomatic: isAutomatic,
      startedAt: batch.startedAt, endedAt: now, rows: stats.rows,
      skippedRecords: stats.unfit + stats.damaged,
      bytes: batch.scan.byteCount, latencyMax: oldest.map { max(0, now.seconds(since: $0)) },
      latencyMin: newest.map { max(0, now.seconds(since: $0)) },
      status: status(of: batch, stats), failed: !lossesInOrder.isEmpty)
    return RefreshOutcome(
      report: report, reachedTip: batch.scan.reachedTip, missed: batch.scan.missed,
      losses: lossesInOrder)
  }

  /// The texts of SVL_MV_REFRESH_STATUS.
  private func status(of batch: ScanBatch, _ stats: Stats) -> String {
    let base =
      lossesInOrder.statusPrefix + "Refresh successfully updated MV incrementally"
      + batch.scan.missed.text
    if batch.scan.recordCount == 0 { return base + ". Stream returned no new data." }
    if stats.unfit == batch.scan.recordCount {
      return base + ". All records received from the stream were skipped."
    }
    var text = base
    if stats.unfit > 0 { text += ". Some stream records were skipped" }
    if !batch.scan.reachedTip { text += ". The stream may contain more data" }
    return text
  }

  // MARK: One batch

  private func transaction(_ body: () throws -> Stats) throws -> Stats {
    try connection.execute("BEGIN TRANSACTION")
    do {
      let stats = try body()
      try connection.execute("COMMIT")
      return stats
    } catch {
      positions = nil
      connection.rollBack()
      throw error
    }
  }

  private func refresh(
    _ batch: ScanBatch, streamID: String, isAutomatic: Bool, session: Int
  ) throws -> Stats {
    let id = try connection.scalar("SELECT nextval('weir.refresh_id')") ?? 0
    var failures: [SkippedRecord] = []
    let rows: Int
    try settleOrder(of: batch)
    do {
      rows = try insertByFields(batch, refresh: id) ?? insertAll(batch, refresh: id)
    } catch let error as DuckDBError where error.isAboutData {
      // A failed statement ends DuckDB's transaction; what it had noted goes with it.
      try connection.execute("ROLLBACK")
      try connection.execute("BEGIN TRANSACTION")
      batch.reset()
      (rows, failures) = try insertGood(batch, refresh: id)
    }
    let damaged = batch.scan.missed.compactMap(SkippedRecord.init)
    let unfit = batch.skipped.map(SkippedRecord.init) + failures
    let stats = Stats(
      refresh: id, rows: rows, unfit: unfit.count, damaged: damaged.reduce(0) { $0 + $1.count })
    if !unfit.isEmpty {
      // Not the batch itself: what is scanned of that is counted.
      let again = ScanBatch(scan: batch.scan, startedAt: batch.startedAt)
      try registry.withBatch(again) { name in
        try DeadLetters(view: view, connection: connection).keep(unfit, refresh: id, from: name)
      }
    }
    try ledger.write(
      RefreshLedger.Entry(
        refresh: id, streamID: streamID, ends: batch.scan.ends, tallies: batch.tallies,
        skipped: damaged + unfit, rows: rows, status: status(of: batch, stats),
        isAutomatic: isAutomatic,
        session: session, startedAt: batch.startedAt, endedAt: clock.now()))
    if rows > 0 { try ledger.noteVersion(id) }
    return stats
  }

  /// Lets all threads insert the rows of a long batch: while DuckDB keeps the order of rows that
  /// a table function returns, one thread does everything. A subscriber gets them in order.
  private func settleOrder(of batch: ScanBatch) throws {
    let isOrdered =
      batch.scan.byteCount <= Self.orderedBytesMax
      || dependents.of(view.relation).contains(where: \.isSubscription)
    guard isOrdered != insertsInOrder else { return }
    try connection.execute("SET SESSION preserve_insertion_order = \(isOrdered)")
    insertsInOrder = isOrdered
  }

  /// The positions that the last commit left, from memory or from the table.
  private func start(in streamID: String) throws -> [ShardID: UInt64] {
    if let positions, positions.streamID == streamID { return positions.next }
    let next = try ledger.positions(in: streamID)
    positions = (streamID, next)
    return next
  }

  /// Looks for shards that have lost records, before these take new ones: behind the view's
  /// position the loss could not be seen any more.
  func noteLosses() throws {
    let summary = try log.summary(of: stream)
    try noteLosses(try start(in: summary.id), summary, foundAt: clock.now())
  }

  /// A shard that ends before what the view has read of it has lost records.
  private func noteLosses(
    _ positions: [ShardID: UInt64], _ summary: StreamSummary, foundAt: Timestamp
  ) throws {
    var known =
      try losses.flatMap { $0.streamID == summary.id ? $0.shards : nil }
      ?? lossesThatLast(in: summary)
    // Of a shard that cannot be read now nobody knows where it ends.
    for shard in summary.shards where known[shard.id] == nil && shard.isReadable {
      guard let next = positions[shard.id], next > shard.recordCount else { continue }
      let loss = ShardLoss(
        stream: stream, shard: shard.id, end: shard.recordCount, read: next,
        foundAt: foundAt)
      try ledger.note(loss, streamID: summary.id)
      known[shard.id] = loss
    }
    losses = (summary.id, known)
  }

  /// What was found before this start, but for shards whose files were put back.
  private func lossesThatLast(in summary: StreamSummary) throws -> [ShardID: ShardLoss] {
    var lasting: [ShardID: ShardLoss] = [:]
    for loss in try ledger.losses(in: summary.id) {
      let count = summary.shards.first { $0.id == loss.shard }?.recordCount ?? .max
      if count < loss.read || (count < .max && !isBack(loss)) {
        lasting[loss.shard] = loss
      } else {
        try ledger.forget(loss, streamID: summary.id)
      }
    }
    return lasting
  }

  /// Whether the shard has the records again that it lost, and not later ones in their places.
  private func isBack(_ loss: ShardLoss) -> Bool {
    let found = try? log.read(
      stream: stream, shard: loss.shard, from: loss.end, recordsMax: 1, bytesMax: 1,
      isMetered: false)
    return found?.records.first.map { $0.arrivedAt < loss.foundAt } ?? false
  }

  private var lossesInOrder: [ShardLoss] {
    losses?.shards.values.sorted { $0.shard < $1.shard } ?? []
  }

  private func noteEmptyRefresh(of batch: ScanBatch, _ stats: Stats, session: Int) throws {
    let id = try connection.scalar("SELECT nextval('weir.refresh_id')") ?? 0
    try ledger.writeHistory(
      refresh: id, rows: 0, status: status(of: batch, stats), isAutomatic: false, session: session,
      startedAt: batch.startedAt, endedAt: clock.now())
  }

  /// - Returns: nil where the records are not such that fields can be found.
  private func insertByFields(_ batch: ScanBatch, refresh: Int64) throws -> Int? {
    guard let fields = plan.fields, batch.wantedFields != nil else { return nil }
    do {
      return try registry.withBatch(batch) { name in
        try storage.add(
          plan.selectFields(fields, from: name), refresh: refresh,
          dependents: dependents.of(view.relation), on: connection)
      }
    } catch let error as DuckDBError where batch.wantedFields == nil || error.isAboutData {
      batch.giveUpFields()
      batch.reset()
      plainBatches = 16
      try connection.execute("ROLLBACK")
      try connection.execute("BEGIN TRANSACTION")
      return nil
    }
  }

  private func insertAll(_ batch: ScanBatch, refresh: Int64) throws -> Int {
    try registry.withBatch(batch) { name in
      try storage.add(
        plan.select(from: name), refresh: refresh, dependents: dependents.of(view.relation),
        on: connection)
    }
  }

  // MARK: Records that fail

  /// Inserts the rows of the records that every expression can take, and tells which cannot.
  private func insertGood(
    _ batch: ScanBatch, refresh: Int64
  ) throws -> (rows: Int, failures: [SkippedRecord]) {
    try registry.withBatch(batch) { name in
      let table = "weir_outcome_\(view.id)"
      try connection.execute(
        "CREATE OR REPLACE TEMP TABLE \(table) AS \(plan.selectOutcomes(from: name))")
      let rows = try storage.add(
        plan.selectKept(from: table), refresh: refresh, dependents: dependents.of(view.relation),
        on: connection)
      var failures: [SkippedRecord] = []
      let bad = try connection.query(
        """
        SELECT shard, ordinal, sequence, epoch_us(arrival) FROM \(table)
        WHERE outcome IS NULL ORDER BY shard, ordinal
        """)
      while let chunk = try bad.nextChunk() {
        for row in 0..<chunk.rowCount {
          let shard = chunk.int64(row: row, column: 0) ?? 0
          let ordinal = chunk.int64(row: row, column: 1) ?? 0
          failures.append(
            SkippedRecord(
              shard: shard, position: chunk.string(row: row, column: 2) ?? "",
              ordinal: UInt64(clamping: ordinal),
              arrivedAt: chunk.int64(row: row, column: 3).map(Timestamp.init(microseconds:)),
              reason: failures.count < DeadLetters.reasonsMax
                ? reason(shard: shard, ordinal: ordinal) : Self.unknownReason))
        }
      }
      try connection.execute("DROP TABLE \(table)")
      return (rows, failures)
    }
  }

  private static let unknownReason = "an expression of the view failed"

  /// Runs the view's SELECT on one record, to learn what it fails with.
  private func reason(shard: Int64, ordinal: Int64) -> String {
    let start = [ShardID(index: UInt32(clamping: shard)): UInt64(clamping: ordinal)]
    guard
      let scan = try? log.scan(
        stream: stream, from: start, bytesMax: 1, holdsBackChildren: false)
    else { return Self.unknownReason }
    let batch = ScanBatch(scan: scan, startedAt: clock.now())
    do {
      try registry.withBatch(batch) { name in
        _ = try probe.query(plan.selectOne(from: name, shard: shard, ordinal: ordinal))
      }
      return Self.unknownReason
    } catch let error as DuckDBError {
      return ErrorWords.translate(error.sqlError).message
    } catch {
      return Self.unknownReason
    }
  }

  // MARK: Trying again

  /// Makes rows of the records that were kept because none could be made of them.
  ///
  /// - Returns: how many records are no longer kept, and how many still are.
  func replayDeadLetters(session: Int) throws -> (settled: Int, left: Int) {
    let letters = DeadLetters(view: view, connection: connection)
    let startedAt = clock.now()
    do {
      let before = try letters.count()
      guard before > 0 else { return (0, 0) }
      var left = before
      _ = try transaction {
        let id = try connection.scalar("SELECT nextval('weir.refresh_id')") ?? 0
        let table = "temp.weir_outcome_\(view.id)"
        try connection.execute(
          """
          CREATE OR REPLACE TEMP TABLE weir_outcome_\(view.id) AS \
          \(plan.selectOutcomes(fromTable: letters.source))
          """)
        let rows = try storage.add(
          plan.selectKept(from: table), refresh: id, dependents: dependents.of(view.relation),
          on: connection)
        try letters.settle(table)
        try connection.execute("DROP TABLE \(table)")
        left = try letters.count()
        if rows > 0 { try ledger.noteVersion(id) }
        try ledger.writeHistory(
          refresh: id, rows: rows,
          status: "Replay made rows of \(before - left) of \(before) skipped records",
          isAutomatic: false, session: session, startedAt: startedAt, endedAt: clock.now())
        return Stats(refresh: id, rows: rows, unfit: left, damaged: 0)
      }
      if left < before { dependents.wake(over: [view.relation]) }
      return (before - left, left)
    } catch let error as DuckDBError {
      throw error.sqlError
    }
  }
}
