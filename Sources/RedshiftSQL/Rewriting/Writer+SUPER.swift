extension Writer {
  /// `c.orders AS o AT i`: a row for each element, which is a column of the alias's name. What is
  /// no array is its own only element; NULL has none.
  static func unnest(_ value: Expression, _ alias: Alias, _ index: Identifier?) -> String {
    let name = quoted(alias.name.name)
    let document = expression(value)
    let items =
      "CASE WHEN coalesce(json_type(\(document)), 'NULL') = 'NULL' THEN [] "
      + "WHEN json_type(\(document)) = 'ARRAY' THEN json_extract(\(document), '$[*]') "
      + "ELSE [to_json(\(document))] END"
    let position = index.map { ", unnest(range(len(items))) AS \(quoted($0.name))" } ?? ""
    return "(SELECT unnest(items) AS \(name)\(position) FROM (SELECT \(items) AS items)) AS "
      + quoted(alias.name.name + "$")
  }

  /// `UNPIVOT c.object AS v AT k`: a row for each member of an object.
  static func unpivot(_ object: Expression, _ value: Identifier, _ name: Identifier?) -> String {
    let document = expression(object)
    let names = name.map { ", key AS \(quoted($0.name))" } ?? ""
    return
      "(SELECT json_extract(\(document), '$.\"' || key || '\"') AS \(quoted(value.name))\(names) "
      + "FROM (SELECT unnest(json_keys(\(document))) AS key)) AS \(quoted(value.name + "$"))"
  }

  static func pivot(_ pivot: Pivot) -> String {
    switch pivot {
    case .rows(let aggregates, let column, let values):
      "PIVOT (\(aggregates.map(item).joined(separator: ", ")) FOR \(expression(column)) IN "
        + "(\(values.map(item).joined(separator: ", "))))"
    case .columns(let value, let name, let columns, let includesNulls):
      "UNPIVOT \(includesNulls ? "INCLUDE NULLS " : "")(\(quoted(value.name)) FOR "
        + "\(quoted(name.name)) IN (\(columns.map(item).joined(separator: ", "))))"
    }
  }
}
