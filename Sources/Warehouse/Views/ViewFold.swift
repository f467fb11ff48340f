internal import Core
internal import RedshiftSQL

/// How a view with aggregates is kept: the partial aggregates of every group, to which those of
/// new rows are added.
///
/// The rows that are folded have the columns `weir_k0…` (the keys) and `weir_x0…` (what is
/// aggregated); the groups have `weir_k0…`, `weir_a0…` (the partial aggregates) and `weir_count`.
struct ViewFold: Sendable, Equatable {
  struct Partial: Sendable, Equatable {
    enum Kind: String, Sendable { case count, sum, min, max }
    var kind: Kind
    /// Which `weir_x` is aggregated.
    var argument: Int
  }

  static let countColumn = "weir_count"

  var keyCount: Int
  var partials: [Partial]
  /// The view's columns, over those of a group.
  var outputs: [ViewColumn]
  var having: String?

  private var keys: [String] { (0..<keyCount).map { "weir_k\($0)" } }

  private func aggregate(_ partial: Partial) -> String {
    "\(partial.kind.rawValue)(weir_x\(partial.argument))"
  }

  /// The groups of some rows.
  func groups(of rows: String) -> String {
    let aggregates = partials.enumerated().map { "\(aggregate($1)) AS weir_a\($0)" }
    return select(aggregates + ["count(*) AS \(Self.countColumn)"], from: rows)
  }

  /// The groups of rows of which some are taken away, as their column `weir_weight` says. Rows
  /// taken away were added by the same query, so that least and greatest need no care.
  func groups(ofWeighted rows: String) -> String {
    let plus = "FILTER (weir_weight > 0)"
    let minus = "FILTER (weir_weight < 0)"
    let aggregates = partials.enumerated().map { index, partial -> String in
      let x = "weir_x\(partial.argument)"
      let value =
        switch partial.kind {
        case .count: "count(\(x)) \(plus) - count(\(x)) \(minus)"
        case .sum:
          "CASE WHEN count(\(x)) \(plus) > count(\(x)) \(minus) THEN coalesce(sum(\(x)) \(plus), 0)"
            + " - coalesce(sum(\(x)) \(minus), 0) END"
        case .min, .max: "\(aggregate(partial)) \(plus)"
        }
      return "\(value) AS weir_a\(index)"
    }
    return select(
      aggregates + ["sum(weir_weight)::BIGINT AS \(Self.countColumn)"], from: rows)
  }

  private func select(_ aggregates: [String], from rows: String) -> String {
    "SELECT \((keys + aggregates).joined(separator: ", ")) FROM (\(rows)) AS weir_rows"
      + (keys.isEmpty ? "" : " GROUP BY \(keys.joined(separator: ", "))")
  }

  /// Whether two groups are the same.
  func match(_ left: String, _ right: String) -> String {
    keys.isEmpty
      ? "true"
      : keys.map { "\(left).\($0) IS NOT DISTINCT FROM \(right).\($0)" }.joined(separator: " AND ")
  }

  /// Adds the groups in `table` to those that are stored.
  func merge(_ table: String, into storage: String, refresh: Int64) -> String {
    var sets = partials.enumerated().map { index, partial -> String in
      let (old, new) = ("s.weir_a\(index)", "d.weir_a\(index)")
      let value =
        switch partial.kind {
        case .count: "\(old) + \(new)"
        case .sum: "coalesce(\(old) + \(new), \(old), \(new))"
        case .min: "least(\(old), \(new))"
        case .max: "greatest(\(old), \(new))"
        }
      return "weir_a\(index) = \(value)"
    }
    sets.append("\(Self.countColumn) = s.\(Self.countColumn) + d.\(Self.countColumn)")
    sets.append("\(ViewBase.refreshColumn) = \(refresh)")
    let stored = storedColumns
    return """
      MERGE INTO \(storage) AS s USING \(table) AS d ON \(match("s", "d"))
      WHEN MATCHED THEN UPDATE SET \(sets.joined(separator: ", "))
      WHEN NOT MATCHED THEN INSERT (\(stored.joined(separator: ", ")), \(ViewBase.refreshColumn))
        VALUES (\(stored.map { "d.\($0)" }.joined(separator: ", ")), \(refresh))
      """
  }

  /// The columns of a group.
  var storedColumns: [String] {
    keys + partials.indices.map { "weir_a\($0)" } + [Self.countColumn]
  }

  /// The distinct keys of some rows.
  func keys(of rows: String) -> String {
    "SELECT DISTINCT \((keys + ["true AS weir_found"]).joined(separator: ", ")) "
      + "FROM (\(rows)) AS weir_rows"
  }
}

/// Takes the aggregates of a SELECT apart.
struct FoldBuilder {
  static let aggregates: Set<String> = ["count", "sum", "min", "max", "avg"]

  private let rewriter: Rewriter
  private var keys: [Expression] = []
  private var arguments: [Expression] = []
  private var partials: [ViewFold.Partial] = []
  private var replacedCount = 0

  /// - Parameters:
  ///   - rewriter: makes DuckDB's SQL of what is folded.
  ///   - columns: the names of the sources' columns.
  /// - Returns: the columns of the rows, and how they are folded; nil for what cannot be.
  /// - Throws: `SQLError` 42803 for a column that is neither grouped nor aggregated.
  static func build(
    _ select: Select, rewriter: Rewriter, columns: Set<String>
  ) throws(SQLError) -> (rows: [SelectItem], fold: ViewFold)? {
    var builder = FoldBuilder(rewriter: rewriter)
    return try builder.build(select, columns: columns)
  }

  private init(rewriter: Rewriter) {
    self.rewriter = rewriter
  }

  private mutating func build(
    _ select: Select, columns: Set<String>
  ) throws(SQLError) -> (rows: [SelectItem], fold: ViewFold)? {
    guard let keys = try Self.keys(of: select, columns: columns) else { return nil }
    self.keys = keys
    var outputs: [ViewColumn] = []
    for item in select.items {
      guard let expression = try output(item.expression) else { return nil }
      outputs.append(ViewColumn(name: item.outputName, expression: expression))
    }
    var having: String?
    if let test = select.having {
      guard let expression = try output(test) else { return nil }
      having = expression
    }
    var rows: [SelectItem] = []
    for (index, key) in keys.enumerated() {
      rows.append(
        SelectItem(try rewriter.tree(key), alias: Identifier("weir_k\(index)")))
    }
    for (index, argument) in arguments.enumerated() {
      rows.append(SelectItem(argument, alias: Identifier("weir_x\(index)")))
    }
    let fold = ViewFold(
      keyCount: keys.count, partials: partials, outputs: outputs, having: having)
    return (rows, fold)
  }

  /// The grouped expressions: a number stands for a column of the result, and so does its name
  /// where no source has a column of that name. nil for grouping sets.
  private static func keys(
    of select: Select, columns: Set<String>
  ) throws(SQLError) -> [Expression]? {
    var keys: [Expression] = []
    for item in select.groupBy {
      guard case .expression(var key) = item else { return nil }
      switch key.kind {
      case .number(let text):
        guard let place = Int(text), select.items.indices.contains(place - 1) else {
          throw SQLError(
            "42P10", "GROUP BY position \(text) is not in select list",
            position: key.position > 0 ? key.position : nil)
        }
        key = select.items[place - 1].expression
      case .column(let parts) where parts.count == 1 && !columns.contains(parts[0].name):
        if let item = select.items.first(where: { $0.alias == parts[0] }) {
          key = item.expression
        }
      default: break
      }
      if !keys.contains(key) { keys.append(key) }
    }
    return keys
  }

  /// An expression over the columns of a group; nil if an aggregate in it cannot be kept.
  private mutating func output(_ expression: Expression) throws(SQLError) -> String? {
    let grouped = try withKeys(expression)
    let tree = try rewriter.tree(grouped)
    // An average has become a sum and a count.
    let wanted = Self.count(of: tree)
    guard wanted >= Self.count(of: grouped) else { return nil }
    let before = replacedCount
    let replaced = try withPartials(tree)
    guard replacedCount - before == wanted else { return nil }
    try Self.checkGrouped(replaced)
    return Writer.expression(replaced)
  }

  /// Puts `weir_k0` in the place of a key, but not within aggregates.
  private func withKeys(_ expression: Expression) throws(SQLError) -> Expression {
    let keys = keys
    var map = TreeMap(
      expression: { value throws(SQLError) in
        if case .call(let call) = value.kind, Self.isAggregate(call) {
          return try Self.withoutKeys(value, keys)
        }
        guard let index = keys.firstIndex(of: value) else { return nil }
        return Expression(.column([Identifier("weir_k\(index)")]), position: value.position)
      })
    return try map.map(expression)
  }

  private static func withoutKeys(
    _ expression: Expression, _ keys: [Expression]
  ) throws(SQLError) -> Expression {
    var map = TreeMap(
      expression: { value throws(SQLError) in
        guard case .column(let parts) = value.kind, parts.count == 1,
          parts[0].name.hasPrefix("weir_k"), let index = Int(parts[0].name.dropFirst(6)),
          keys.indices.contains(index)
        else { return nil }
        return keys[index]
      })
    return try map.map(expression)
  }

  private static func isAggregate(_ call: FunctionCall) -> Bool {
    aggregates.contains(call.simpleName ?? "") && call.over == nil
  }

  private static func count(of expression: Expression) -> Int {
    var count = 0
    var map = TreeMap(
      expression: { value throws(SQLError) in
        if case .call(let call) = value.kind, isAggregate(call) { count += 1 }
        return nil
      })
    _ = try? map.map(expression)
    return count
  }

  /// Puts partial aggregates in the places of aggregates.
  private mutating func withPartials(_ expression: Expression) throws(SQLError) -> Expression {
    var builder = self
    var map = TreeMap(
      expression: { value throws(SQLError) in
        guard case .call(let call) = value.kind, Self.isAggregate(call) else { return nil }
        return builder.partial(for: call)
      })
    let mapped = try map.map(expression)
    self = builder
    return mapped
  }

  private mutating func partial(for call: FunctionCall) -> Expression? {
    guard !call.isDistinct, call.filter == nil, call.orderBy.isEmpty, call.withinGroup == nil,
      let name = call.simpleName
    else { return nil }
    if name == "count", call.isStar || call.arguments.isEmpty {
      replacedCount += 1
      return Self.column(ViewFold.countColumn)
    }
    guard call.arguments.count == 1, let argument = call.arguments.first else { return nil }
    guard let kind = ViewFold.Partial.Kind(rawValue: name) else { return nil }
    replacedCount += 1
    return Self.column("weir_a\(index(of: kind, argument))")
  }

  private static func column(_ name: String) -> Expression {
    Expression(.column([Identifier(name)]))
  }

  private mutating func index(of kind: ViewFold.Partial.Kind, _ argument: Expression) -> Int {
    let place = arguments.firstIndex(of: argument) ?? arguments.count
    if place == arguments.count { arguments.append(argument) }
    let partial = ViewFold.Partial(kind: kind, argument: place)
    if let known = partials.firstIndex(of: partial) { return known }
    partials.append(partial)
    return partials.count - 1
  }

  private static func checkGrouped(_ expression: Expression) throws(SQLError) {
    var map = TreeMap(
      expression: { value throws(SQLError) in
        if case .column(let parts) = value.kind, let name = parts.last?.name,
          !(parts.count == 1 && name.hasPrefix("weir_"))
        {
          throw SQLError(
            "42803",
            "column \"\(name)\" must appear in the GROUP BY clause or be used in an aggregate "
              + "function", position: value.position > 0 ? value.position : nil)
        }
        return nil
      })
    _ = try map.map(expression)
  }
}
