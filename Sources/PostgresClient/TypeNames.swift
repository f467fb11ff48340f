import Core

extension SQLType {
  /// The type with that id in `pg_type`; one that we do not know is named by its id.
  init(oid: UInt32) {
    self = Self.known[oid] ?? SQLType(String(oid), oid: oid, size: -1)
  }

  private static let known: [UInt32: SQLType] = {
    let types: [SQLType] = [
      .boolean, .smallint, .integer, .bigint, .real, .doublePrecision, .numeric, .varchar, .date,
      .time, .timetz, .timestamp, .timestamptz, .interval, .uuid, .semistructured, .varbyte,
      SQLType("bytea", oid: 17, size: -1),
      SQLType("\"char\"", oid: 18, size: 1),
      SQLType("name", oid: 19, size: 64),
      SQLType("text", oid: 25, size: -1),
      SQLType("oid", oid: 26, size: 4, isNumeric: true),
      SQLType("json", oid: 114, size: -1),
      SQLType("unknown", oid: 705, size: -2),
      SQLType("character", oid: 1042, size: -1),
      SQLType("time with time zone", oid: 1266, size: 12),
      SQLType("regclass", oid: 2205, size: 4),
      SQLType("regtype", oid: 2206, size: 4),
      SQLType("void", oid: 2278, size: 4),
      SQLType("jsonb", oid: 3802, size: -1),
      SQLType("boolean[]", oid: 1000, size: -1),
      SQLType("smallint[]", oid: 1005, size: -1),
      SQLType("integer[]", oid: 1007, size: -1),
      SQLType("text[]", oid: 1009, size: -1),
      SQLType("character varying[]", oid: 1015, size: -1),
      SQLType("bigint[]", oid: 1016, size: -1),
      SQLType("double precision[]", oid: 1022, size: -1),
    ]
    return Dictionary(types.map { ($0.oid, $0) }, uniquingKeysWith: { first, _ in first })
  }()
}
