/// A column of a PostgreSQL server's table, in DuckDB's SQL.
///
/// Types that Redshift does not have are text there, printed as PostgreSQL does ("any other type:
/// VARCHAR(64K)", docs: Data type differences between Amazon Redshift and supported databases).
/// What is asked of such a text is asked here: to the server it would mean something else.
struct FederatedColumn {
  struct ServerType {
    /// `pg_type.typname`
    var name: String
    /// `numeric(10,2)`
    var text: String
    /// Whether only equal texts are equal by its collation.
    var isDeterministic: Bool
  }

  private let name: String
  private let type: String
  private let server: ServerType?

  /// - Parameters:
  ///   - type: as DuckDB has it.
  ///   - server: nil where the server did not say.
  init(name: String, type: String, _ server: ServerType?) {
    self.name = name
    self.type = type
    self.server = server
  }

  private static let texts: Set<String> = ["text", "varchar", "bpchar", "name", "char"]

  /// What stands for the column; nil: the column itself.
  var sql: String? {
    let name = quoted(name)
    switch type {
    case "BLOB": return "'\\x' || lower(hex(\(name)))"
    case "TIME WITH TIME ZONE", "BIT": return "\(name)::VARCHAR"
    case "JSON": return kept("\(name)::VARCHAR")
    case "VARCHAR":
      guard let server else { return nil }
      return Self.texts.contains(server.name) && server.isDeterministic ? nil : kept(name)
    case _ where type.hasPrefix("ENUM"): return kept("\(name)::VARCHAR")
    case _ where type.hasPrefix("DECIMAL"): return isOdd ? refused : nil
    default: return shape
    }
  }

  /// The text, as an expression that no filter is moved through.
  private func kept(_ text: String) -> String { "\(text) || ''" }

  // MARK: Numbers

  /// A scale below zero or above the precision, which PostgreSQL has since 15 and Redshift has not.
  private var isOdd: Bool {
    guard let match = server?.text.firstMatch(of: #/^numeric\((\d+),(-?\d+)\)$/#),
      let precision = Int(match.1), let scale = Int(match.2)
    else { return false }
    return scale < 0 || scale > precision
  }

  /// Fails where the column is read; the others of its table can be.
  private var refused: String {
    let reason = literal(
      "[0A000] column \"\(name)\" is \(server?.text ?? type), which is not supported: "
        + "read a view on the server that casts it")
    let name = quoted(name)
    return "CASE WHEN \(name) IS NOT NULL THEN error(\(reason))::DECIMAL(38, 0) END"
  }

  // MARK: Shapes

  private var shape: String? {
    let name = quoted(name)
    func coordinate(_ place: Int) -> String { Self.number("(\(name))[\(place)]") }
    switch server?.name {
    case "point": return Self.point("(\(name))")
    case "box":
      return
        "'(' || \(coordinate(1)) || ',' || \(coordinate(2)) || '),(' || \(coordinate(3)) || ',' "
        + "|| \(coordinate(4)) || ')'"
    case "lseg":
      return "'[(' || \(coordinate(1)) || ',' || \(coordinate(2)) || '),(' || \(coordinate(3)) "
        + "|| ',' || \(coordinate(4)) || ')]'"
    case "line":
      return "'{' || \(coordinate(1)) || ',' || \(coordinate(2)) || ',' || \(coordinate(3)) || '}'"
    case "circle":
      return
        "'<(' || \(coordinate(1)) || ',' || \(coordinate(2)) || '),' || \(coordinate(3)) || '>'"
    case "polygon":
      let pair =
        "'(' || \(Self.number("(\(name))[i]")) || ',' || \(Self.number("(\(name))[i + 1]")) || ')'"
      return "'(' || array_to_string([\(pair) FOR i IN range(1, len(\(name)), 2)], ',') || ')'"
    default: return nil
    }
  }

  private static func point(_ value: String) -> String {
    "'(' || \(number("\(value).x")) || ',' || \(number("\(value).y")) || ')'"
  }

  /// `1`, not `1.0`.
  private static func number(_ value: String) -> String {
    "regexp_replace(\(value)::VARCHAR, '\\.0$', '')"
  }
}
