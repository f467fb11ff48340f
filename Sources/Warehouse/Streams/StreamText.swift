internal import RedshiftSQL

/// A stream's data as text where a statement asks for it outside a view:
/// `kinesis_data::varchar` → `from_varbyte(kinesis_data, 'utf-8')`. DuckDB's own cast would write
/// bytes that are no printable ASCII as escapes, quotes among them.
enum StreamText {
  static let textTypes: Set<String> = [
    "varchar", "character varying", "nvarchar", "text", "char", "character", "nchar", "bpchar",
  ]

  static func rewrite(_ value: Expression) -> Expression? {
    guard case .cast(let data, let type, isTry: false) = value.kind, isData(data),
      textTypes.contains(type.name)
    else { return nil }
    let call = FunctionCall("from_varbyte", [data, Expression(.string("utf-8"))])
    return Expression(.call(call), position: value.position)
  }

  static func isData(_ value: Expression) -> Bool {
    guard case .column(let parts) = value.kind else { return false }
    return parts.last?.name == "kinesis_data"
  }
}
