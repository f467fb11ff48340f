internal import Core

/// `SELECT … FROM t START WITH a CONNECT BY PRIOR b = c` → a recursive common table: a row's LEVEL
/// is its parent's and one.
///
/// Each row has the rows above it in a list, by which one that would follow from itself is found:
/// that is an error. A condition that bounds LEVEL needs no such look, and is bounded anyway.
enum HierarchyRewriter {
  private static let parent = "connected$"
  private static let row = "row$"
  private static let path = "path$"

  static func rewrite(_ original: Select) throws(SQLError) -> Select {
    guard let hierarchy = original.hierarchy, original.from.count == 1,
      case .table(let table)? = original.from.first
    else {
      let what =
        switch original.from.first {
        case .query? where original.from.count == 1: "a subquery"
        case .function? where original.from.count == 1: "a function"
        case nil: "no table"
        default: "more than one table"
        }
      throw SQLError("0A000", "CONNECT BY over \(what) is not supported")
        .placed(at: original.hierarchy?.position ?? 0)
    }
    let name = table.callName
    let names = Names(table: name)
    var first = Select(items: [star(row), item(Expression(.number("1")), "level")])
    first.from = [.table(TableReference(name: table.name, alias: Alias(name: Identifier(row))))]
    first.condition = try hierarchy.start.map { start throws(SQLError) in
      try names.rewritten(start, level: Expression(.number("1")))
    }
    let level = Expression(
      .binary("+", column(parent, "level"), Expression(.number("1"))))
    let connection = try names.rewritten(hierarchy.connection, level: level)
    var next = Select(items: [star(row), item(level, "level")])
    next.from = first.from + [.table(TableReference(name: ObjectName([Identifier(parent)])))]
    next.condition = connection
    var hidden = [Identifier("level")]
    if !names.mentionsLevel(hierarchy.connection) {
      addPath(to: &first, &next)
      hidden.append(Identifier(path))
    }
    let common = Query(body: .setOperation("UNION", isAll: true, .select(first), .select(next)))
    var inner = Query(body: .select(starFrom(parent)))
    inner.isRecursive = true
    inner.commonTables = [CommonTable(name: Identifier(parent), columns: [], query: common)]
    var outer = original
    outer.hierarchy = nil
    outer.from = [.query(inner, Alias(name: Identifier(name)), isLateral: false)]
    outer.items = outer.items.map { item in
      guard case .star(let qualifier, let exclude) = item.expression.kind else { return item }
      return SelectItem(Expression(.star(qualifier: qualifier, exclude: exclude + hidden)))
    }
    return outer
  }

  private static func addPath(to first: inout Select, _ next: inout Select) {
    let own = Writer.quoted(row)
    let above = "\(Writer.quoted(parent)).\(Writer.quoted(path))"
    first.items.append(item(Expression(.raw("[\(own)]")), path))
    next.items.append(
      item(
        Expression(
          .raw(
            "CASE WHEN list_contains(\(above), \(own)) THEN "
              + "weir_error('[54001] CONNECT BY loop in the data: a row follows from itself') "
              + "ELSE list_append(\(above), \(own)) END")), path))
  }

  private static func column(_ table: String, _ name: String) -> Expression {
    Expression(.column([Identifier(table), Identifier(name)]))
  }

  private static func item(_ value: Expression, _ alias: String) -> SelectItem {
    SelectItem(value, alias: Identifier(alias))
  }

  private static func star(_ table: String) -> SelectItem {
    SelectItem(Expression(.star(qualifier: [Identifier(table)], exclude: [])))
  }

  private static func starFrom(_ name: String) -> Select {
    var select = Select(items: [SelectItem(Expression(.star(qualifier: [], exclude: [])))])
    select.from = [.table(TableReference(name: ObjectName([Identifier(name)])))]
    return select
  }

  private struct Names {
    let table: String

    func mentionsLevel(_ condition: Expression) -> Bool {
      var found = false
      var map = TreeMap(expression: { value throws(SQLError) in
        if case .column(let parts) = value.kind, parts.map(\.name) == ["level"] { found = true }
        return nil
      })
      _ = try? map.map(condition)
      return found
    }

    /// Columns behind PRIOR are the parent's, the others the row's own.
    func rewritten(_ condition: Expression, level: Expression) throws(SQLError) -> Expression {
      var map = TreeMap(expression: { value throws(SQLError) in
        switch value.kind {
        case .unary("PRIOR", let inner):
          // Its column was mapped already.
          guard case .column(let parts) = inner.kind, let last = parts.last else {
            throw SQLError("0A000", "PRIOR of an expression is not supported")
              .placed(at: value.position)
          }
          return Expression(
            .column([Identifier(parent), last]), position: value.position)
        case .column(let parts) where parts.map(\.name) == ["level"]:
          return level
        case .column(let parts)
        where parts.count == 1 || (parts.count == 2 && parts[0].name == table):
          return Expression(.column([Identifier(row)] + parts.suffix(1)), position: value.position)
        default: return nil
        }
      })
      return try map.map(condition)
    }
  }
}
