/// The tables of `events.sqlite`, and their version.
enum Schema {
  /// Of the format. A later one is refused, never guessed.
  static let version: Int64 = 1
  /// What `PRAGMA application_id` says: "WEvt".
  static let magic: Int64 = 0x5745_7674

  static func prepare(_ database: SQLite) throws {
    let magic = try database.query("PRAGMA application_id").first?.integer(0) ?? 0
    let version = try database.query("PRAGMA user_version").first?.integer(0) ?? 0
    guard magic == Self.magic || (magic == 0 && version == 0) else {
      throw EventBusError.unknownFormat("the file is no database of events of Weir")
    }
    guard version <= Self.version else {
      throw EventBusError.unknownFormat(
        "the database of events has format version \(version), this Weir knows \(Self.version)")
    }
    try database.execute("BEGIN IMMEDIATE")
    try database.execute(tables)
    try database.execute(
      "PRAGMA application_id = \(Self.magic); PRAGMA user_version = \(Self.version); COMMIT")
  }

  /// Times are microseconds since 1970. Whatever clients give as a whole is kept as JSON.
  private static let tables = """
    CREATE TABLE IF NOT EXISTS bus (
      name TEXT PRIMARY KEY, attributes TEXT NOT NULL, policy TEXT, created_at INTEGER NOT NULL,
      modified_at INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS rule (
      bus TEXT NOT NULL REFERENCES bus ON DELETE CASCADE, name TEXT NOT NULL, pattern TEXT,
      schedule TEXT, is_enabled INTEGER NOT NULL, attributes TEXT NOT NULL,
      created_at INTEGER NOT NULL, next_at INTEGER, PRIMARY KEY (bus, name));
    CREATE TABLE IF NOT EXISTS target (
      bus TEXT NOT NULL, rule TEXT NOT NULL, id TEXT NOT NULL, arn TEXT NOT NULL,
      definition TEXT NOT NULL, PRIMARY KEY (bus, rule, id),
      FOREIGN KEY (bus, rule) REFERENCES rule (bus, name) ON DELETE CASCADE);
    CREATE INDEX IF NOT EXISTS target_arn ON target (arn);
    CREATE TABLE IF NOT EXISTS event (
      seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, bus TEXT NOT NULL,
      source TEXT NOT NULL, detail_type TEXT NOT NULL, event_time INTEGER NOT NULL,
      accepted_at INTEGER NOT NULL, replay TEXT, rules_matched INTEGER NOT NULL,
      body BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS delivery (
      seq INTEGER PRIMARY KEY AUTOINCREMENT, event INTEGER NOT NULL REFERENCES event,
      bus TEXT NOT NULL, rule TEXT NOT NULL, target TEXT NOT NULL, attempts INTEGER NOT NULL,
      accepted_at INTEGER NOT NULL, due_at INTEGER NOT NULL, error_code TEXT, error TEXT);
    CREATE INDEX IF NOT EXISTS delivery_due ON delivery (bus, rule, target, due_at);
    CREATE INDEX IF NOT EXISTS delivery_event ON delivery (event);
    CREATE TABLE IF NOT EXISTS dead_letter (
      id INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL, bus TEXT NOT NULL,
      rule TEXT NOT NULL, target TEXT NOT NULL, target_arn TEXT, source TEXT NOT NULL,
      detail_type TEXT NOT NULL, event_time INTEGER NOT NULL, replay TEXT,
      accepted_at INTEGER NOT NULL, died_at INTEGER NOT NULL, attempts INTEGER NOT NULL,
      error_code TEXT NOT NULL, error TEXT NOT NULL, exhausted TEXT, body BLOB NOT NULL);
    CREATE INDEX IF NOT EXISTS dead_letter_rule ON dead_letter (bus, rule);
    CREATE TABLE IF NOT EXISTS archive (
      name TEXT PRIMARY KEY, bus TEXT NOT NULL, pattern TEXT, description TEXT,
      retention_days INTEGER NOT NULL, created_at INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS archived_event (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      archive TEXT NOT NULL REFERENCES archive ON DELETE CASCADE, event_time INTEGER NOT NULL,
      accepted_at INTEGER NOT NULL, body BLOB NOT NULL);
    CREATE INDEX IF NOT EXISTS archived_event_time ON archived_event (archive, event_time, seq);
    CREATE TABLE IF NOT EXISTS replay (
      name TEXT PRIMARY KEY, archive TEXT NOT NULL, definition TEXT NOT NULL, state TEXT NOT NULL,
      reason TEXT, from_time INTEGER NOT NULL, to_time INTEGER NOT NULL, last_time INTEGER,
      last_seq INTEGER NOT NULL, replayed INTEGER NOT NULL, started_at INTEGER NOT NULL,
      ended_at INTEGER);
    CREATE TABLE IF NOT EXISTS tag (
      arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (arn, key));
    CREATE TABLE IF NOT EXISTS resource (
      kind TEXT NOT NULL, name TEXT NOT NULL, definition TEXT NOT NULL,
      PRIMARY KEY (kind, name));
    """
}
