internal import Core
internal import DuckDB
internal import ObjectStore
internal import RedshiftSQL

/// Policies, batches and what is to be cleared away, in the warehouse's own tables.
///
/// A batch is intended before anything is written (`archive_batch`), and settled in the very
/// transaction that takes its rows out of one tier and its files into the other
/// (`archive_result`). One without a result was cut short: its objects are nobody's.
struct ArchiveCatalog {
  let connection: Connection

  static let tables = [
    """
    CREATE TABLE IF NOT EXISTS weir.archive_policy (
      id BIGINT NOT NULL, name VARCHAR NOT NULL UNIQUE, table_schema VARCHAR NOT NULL,
      table_name VARCHAR NOT NULL, time_column VARCHAR NOT NULL, months_kept INTEGER NOT NULL,
      bucket VARCHAR NOT NULL, prefix VARCHAR NOT NULL, granularity VARCHAR NOT NULL,
      archive_schema VARCHAR NOT NULL, archive_table VARCHAR NOT NULL, schedule VARCHAR,
      is_enabled BOOLEAN NOT NULL, owner VARCHAR NOT NULL, created_at TIMESTAMP NOT NULL,
      last_run TIMESTAMP)
    """,
    "CREATE SEQUENCE IF NOT EXISTS weir.archive_id",
    """
    CREATE TABLE IF NOT EXISTS weir.archive_batch (
      id BIGINT NOT NULL, run_id BIGINT NOT NULL, policy_id BIGINT NOT NULL,
      policy_name VARCHAR NOT NULL, kind VARCHAR NOT NULL, month DATE NOT NULL,
      bucket VARCHAR NOT NULL, prefix VARCHAR NOT NULL, started_at TIMESTAMP NOT NULL)
    """,
    """
    CREATE TABLE IF NOT EXISTS weir.archive_step (
      batch_id BIGINT NOT NULL, place INTEGER NOT NULL, step VARCHAR NOT NULL,
      reached_at TIMESTAMP NOT NULL)
    """,
    """
    CREATE TABLE IF NOT EXISTS weir.archive_result (
      batch_id BIGINT NOT NULL, state VARCHAR NOT NULL, row_count BIGINT NOT NULL,
      file_count BIGINT NOT NULL, byte_count BIGINT NOT NULL, checksum VARCHAR,
      message VARCHAR, ended_at TIMESTAMP NOT NULL)
    """,
    // Objects that no table names any more, until nobody reads them.
    """
    CREATE TABLE IF NOT EXISTS weir.archive_garbage (
      bucket VARCHAR NOT NULL, key VARCHAR NOT NULL, since TIMESTAMP NOT NULL)
    """,
    // Months that were brought back stay for a while.
    """
    CREATE TABLE IF NOT EXISTS weir.archive_hold (
      policy_id BIGINT NOT NULL, month DATE NOT NULL, until TIMESTAMP NOT NULL)
    """,
  ]

  // MARK: Policies

  func policies() throws -> [ArchivePolicy] {
    try connection.rows(
      """
      SELECT id, name, table_schema, table_name, time_column, months_kept, bucket, prefix,
             granularity, archive_schema, archive_table, schedule, is_enabled
        FROM weir.archive_policy ORDER BY name
      """
    ).compactMap { row in
      let text = row.map { $0 ?? "" }
      guard text.count == 13, let id = Int64(text[0]), let months = Int(text[5]) else { return nil }
      return ArchivePolicy(
        id: id, name: text[1], table: RelationName(schema: text[2], name: text[3]),
        timeColumn: text[4], monthsKept: months,
        destination: ObjectAddress(bucket: text[6], key: text[7]),
        granularity: ArchivePolicy.Granularity(rawValue: text[8]) ?? .month,
        archive: RelationName(schema: text[9], name: text[10]),
        schedule: try? Schedule(text[11]), isEnabled: text[12] == "t")
    }
  }

  func policy(_ name: String) throws -> ArchivePolicy? {
    try policies().first { $0.name == name }
  }

  func insert(_ policy: ArchivePolicy, owner: String, at time: Timestamp) throws {
    let texts = [
      policy.table.schema, policy.table.name, policy.timeColumn, "\(policy.monthsKept)",
      policy.destination.bucket, policy.destination.key, policy.granularity.rawValue,
      policy.archive.schema, policy.archive.name,
    ].map(literal).joined(separator: ", ")
    try connection.execute(
      """
      INSERT INTO weir.archive_policy VALUES (\(policy.id), \(literal(policy.name)), \(texts), \
      \(policy.schedule.map { literal($0.description) } ?? "NULL"), \(policy.isEnabled), \
      \(literal(owner)), \(Self.time(time)), NULL)
      """)
  }

  func update(_ policy: ArchivePolicy) throws {
    try connection.execute(
      """
      UPDATE weir.archive_policy SET months_kept = \(policy.monthsKept),
        schedule = \(policy.schedule.map { literal($0.description) } ?? "NULL"),
        is_enabled = \(policy.isEnabled) WHERE id = \(policy.id)
      """)
  }

  func drop(_ policy: ArchivePolicy) throws {
    try connection.execute("DELETE FROM weir.archive_policy WHERE id = \(policy.id)")
    try connection.execute("DELETE FROM weir.archive_hold WHERE policy_id = \(policy.id)")
  }

  func setLastRun(_ time: Timestamp, of policy: ArchivePolicy) throws {
    try connection.execute(
      "UPDATE weir.archive_policy SET last_run = \(Self.time(time)) WHERE id = \(policy.id)")
  }

  /// Enabled policies whose time has come.
  func due(at now: Timestamp) throws -> [ArchivePolicy] {
    let last = Dictionary(
      try connection.rows(
        "SELECT id, epoch_us(coalesce(last_run, created_at)) FROM weir.archive_policy"
      )
      .compactMap { row in row[0].flatMap(Int64.init).map { ($0, row[1].flatMap(Int64.init) ?? 0) }
      }
    ) { first, _ in first }
    return try policies().filter { policy in
      guard policy.isEnabled, let last = last[policy.id],
        let next = policy.schedule?.next(after: Timestamp(microseconds: last))
      else { return false }
      return next <= now
    }
  }

  // MARK: Batches

  func nextID() throws -> Int64 {
    try connection.scalar("SELECT nextval('weir.archive_id')") ?? 0
  }

  func insert(_ batch: ArchiveBatch, at time: Timestamp) throws {
    try connection.execute(
      """
      INSERT INTO weir.archive_batch VALUES (\(batch.id), \(batch.runID), \(batch.policy.id), \
      \(literal(batch.policy.name)), '\(batch.kind.rawValue)', DATE '\(batch.month.firstDay)', \
      \(literal(batch.policy.destination.bucket)), \(literal(batch.policy.destination.key)), \
      \(Self.time(time)))
      """)
  }

  func note(_ step: ArchiveStep, of batch: Int64, at time: Timestamp) throws {
    let place = ArchiveStep.allCases.firstIndex(of: step) ?? 0
    try connection.execute(
      """
      INSERT INTO weir.archive_step
        VALUES (\(batch), \(place), '\(step.rawValue)', \(Self.time(time)))
      """)
  }

  func settle(_ batch: Int64, _ result: ArchiveResult, at time: Timestamp) throws {
    try connection.execute(
      """
      INSERT INTO weir.archive_result VALUES (\(batch), '\(result.state.rawValue)', \
      \(result.rowCount), \(result.fileCount), \(result.byteCount), \
      \(result.checksum.map(literal) ?? "NULL"), \(result.message.map(literal) ?? "NULL"), \
      \(Self.time(time)))
      """)
  }

  /// Batches that were cut short: their ids and where their objects may be.
  func unsettled() throws -> [(id: Int64, destination: ObjectAddress)] {
    try connection.rows(
      """
      SELECT b.id, b.bucket, b.prefix FROM weir.archive_batch b
       WHERE NOT EXISTS (SELECT 1 FROM weir.archive_result r WHERE r.batch_id = b.id) ORDER BY 1
      """
    ).compactMap { row in
      guard let id = row[0].flatMap(Int64.init) else { return nil }
      return (id, ObjectAddress(bucket: row[1] ?? "", key: row[2] ?? ""))
    }
  }

  // MARK: Months

  /// Months that a user brought back and that stay for now.
  func heldMonths(of policy: ArchivePolicy, at now: Timestamp) throws -> Set<ArchiveMonth> {
    Set(
      try connection.rows(
        """
        SELECT month::VARCHAR FROM weir.archive_hold
         WHERE policy_id = \(policy.id) AND until > \(Self.time(now))
        """
      ).compactMap { $0[0].flatMap { ArchiveMonth($0) } })
  }

  func hold(_ month: ArchiveMonth, of policy: ArchivePolicy, until: Timestamp) throws {
    try connection.execute(
      """
      INSERT INTO weir.archive_hold
        VALUES (\(policy.id), DATE '\(month.firstDay)', \(Self.time(until)))
      """)
  }

  // MARK: Garbage

  func discard(_ addresses: [ObjectAddress], at time: Timestamp) throws {
    guard !addresses.isEmpty else { return }
    let rows = addresses.map { "(\(literal($0.bucket)), \(literal($0.key)), \(Self.time(time)))" }
    try connection.execute(
      "INSERT INTO weir.archive_garbage VALUES \(rows.joined(separator: ", "))")
  }

  /// What was discarded until then.
  func garbage(until time: Timestamp) throws -> [ObjectAddress] {
    try connection.rows(
      "SELECT bucket, key FROM weir.archive_garbage WHERE since <= \(Self.time(time))"
    ).map { ObjectAddress(bucket: $0[0] ?? "", key: $0[1] ?? "") }
  }

  func forgetGarbage(_ address: ObjectAddress) throws {
    try connection.execute(
      """
      DELETE FROM weir.archive_garbage
       WHERE bucket = \(literal(address.bucket)) AND key = \(literal(address.key))
      """)
  }

  static func time(_ time: Timestamp) -> String { "make_timestamp(\(time.microseconds))" }
}
