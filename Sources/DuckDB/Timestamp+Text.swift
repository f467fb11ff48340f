package import Core

extension Timestamp {
  /// As PostgreSQL prints a `timestamp`: `2026-11-24 18:46:48.123456`.
  package var postgresText: String {
    var bytes: [UInt8] = []
    PostgresText.appendTimestamp(microseconds, unitsPerSecond: 1_000_000, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}
