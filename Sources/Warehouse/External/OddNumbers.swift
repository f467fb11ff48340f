internal import Core
internal import DuckDB

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Looks for values of PostgreSQL's numeric that are no numbers, in a stream of bytes.
///
/// DuckDB reads NaN and the infinities of a numeric as 0. In a binary COPY they are eight bytes,
/// preceded by their count; other types can have the same eight, so what is found has to be asked.
struct OddNumberSearch {
  /// The value's count, and its digits and weight, of which it has none; then come the sign, which
  /// is one of three, and a scale of 0.
  private static let before: [UInt8] = [0, 0, 0, 8, 0, 0, 0, 0]
  private static let signs: [UInt8] = [0xC0, 0xD0, 0xF0]
  private static let after = 3

  /// The end of the bytes before these.
  private var tail: [UInt8] = []

  mutating func find(in bytes: UnsafeRawBufferPointer) -> Bool {
    let width = Self.before.count + Self.after
    let joint = tail + bytes.prefix(width)
    tail = Array(
      (bytes.count < width ? tail + Array(bytes) : Array(bytes.suffix(width))).suffix(width))
    return joint.withUnsafeBytes(Self.contains) || Self.contains(bytes)
  }

  private static func contains(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let base = bytes.baseAddress, bytes.count > before.count + after else { return false }
    for sign in signs {
      var place = before.count
      while place + after < bytes.count,
        let hit = memchr(base + place, Int32(sign), bytes.count - after - place)
      {
        place = UnsafeRawPointer(hit) - base
        let isOdd =
          bytes[(place - before.count)..<place].elementsEqual(before)
          && bytes[(place + 1)...(place + after)].allSatisfy { $0 == 0 }
        if isOdd { return true }
        place += 1
      }
    }
    return false
  }
}

extension Federation {
  /// Asks the server, within the transaction, whether what a query returned holds a numeric that is
  /// no number.
  ///
  /// - Throws: `SQLError` 22003 that names the column.
  func checkNumbers(
    of query: String, table: String, in source: FederatedSource, on connection: Connection
  ) throws {
    let names = try ask(
      """
      SELECT a.attname::text FROM pg_catalog.pg_attribute a
        JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = \(literal(source.remoteSchema)) AND c.relname = \(literal(table))
         AND a.atttypid = 'pg_catalog.numeric'::pg_catalog.regtype
      """, source, connection)
    let list = query.firstRange(of: " FROM ").map { query[..<$0.lowerBound] } ?? ""
    for name in names where list.contains(quoted(name)) {
      let odd = try ask(
        "SELECT \(quoted(name))::text FROM (\(query)) q WHERE \(quoted(name))::text IN "
          + "('NaN', 'Infinity', '-Infinity') LIMIT 1", source, connection)
      guard let value = odd.first else { continue }
      throw SQLError(
        "22003",
        "the column \"\(name)\" of \"\(source.schema).\(table)\" holds \(value), which NUMERIC "
          + "does not have here",
        hint: "leave such rows out, or read a view on the server that casts it to double precision")
    }
  }

  private func ask(
    _ query: String, _ source: FederatedSource, _ connection: Connection
  ) throws -> [String] {
    try connection.rows(
      "FROM postgres_query(\(literal(source.attachment)), \(literal(query)))"
    ).compactMap { $0.first ?? nil }
  }
}
