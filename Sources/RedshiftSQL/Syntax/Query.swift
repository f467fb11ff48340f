package struct Query: Sendable, Equatable {
  package var isRecursive = false
  package var commonTables: [CommonTable] = []
  package var body: QueryBody
  package var orderBy: [OrderItem] = []
  package var limit: Expression?
  package var offset: Expression?

  package init(body: QueryBody) {
    self.body = body
  }
}

package struct CommonTable: Sendable, Equatable {
  package var name: Identifier
  package var columns: [Identifier]
  package var query: Query
}

package indirect enum QueryBody: Sendable, Equatable {
  case select(Select)
  case values([[Expression]])
  case nested(Query)
  /// `UNION`, `INTERSECT`, `EXCEPT`.
  case setOperation(String, isAll: Bool, QueryBody, QueryBody)
}

package struct Select: Sendable, Equatable {
  package var isDistinct = false
  package var top: Expression?
  package var items: [SelectItem]
  package var into: ObjectName?
  /// `INTO TEMP t`
  package var isIntoTemporary = false
  package var from: [TableSource] = []
  package var condition: Expression?
  package var groupBy: [GroupItem] = []
  package var having: Expression?
  package var qualify: Expression?
  /// `SELECT … EXCLUDE a, b FROM …`: columns that the whole list leaves out.
  package var exclude: [Identifier] = []
  package var hierarchy: Hierarchy?
  /// Whether its rows are the statement's result, which nothing goes on computing with.
  var isOutermost = false

  package init(items: [SelectItem]) {
    self.items = items
  }

  package static func == (left: Select, right: Select) -> Bool {
    left.isDistinct == right.isDistinct && left.isIntoTemporary == right.isIntoTemporary
      && left.top == right.top && left.items == right.items && left.into == right.into
      && left.from == right.from && left.condition == right.condition
      && left.groupBy == right.groupBy && left.having == right.having
      && left.qualify == right.qualify && left.exclude == right.exclude
      && left.hierarchy == right.hierarchy
  }
}

/// `START WITH … CONNECT BY …`
package struct Hierarchy: Sendable, Equatable {
  package var start: Expression?
  package var connection: Expression
  package var position: Int
}

package struct SelectItem: Sendable, Equatable {
  package var expression: Expression
  package var alias: Identifier?

  package init(_ expression: Expression, alias: Identifier? = nil) {
    self.expression = expression
    self.alias = alias
  }

  /// The column's name in the result: the alias, the column, the function, the type of a cast,
  /// or PostgreSQL's `?column?`.
  package var outputName: String {
    alias?.name ?? Self.name(of: expression) ?? "?column?"
  }

  /// DuckDB calls plain columns, and what a star stands for, as Redshift does.
  var keepsItsName: Bool {
    switch expression.kind {
    case .column, .star: true
    default: false
    }
  }

  private static func name(of expression: Expression) -> String? {
    switch expression.kind {
    case .column(let parts): parts.last?.name
    case .field(_, let name): name.name
    case .index(let base, _): name(of: base)
    case .call(let call): resultNames[call.name.name] ?? call.name.name
    case .cast(let inner, let type, _): name(of: inner) ?? type.name
    case .caseWhen: "case"
    case .exists: "exists"
    case .extract: "date_part"
    default: nil
    }
  }

  /// Functions whose column has another name.
  private static let resultNames = [
    "nvl": "coalesce", "datediff": "date_diff", "dateadd": "date_add", "decode": "case",
    "nvl2": "case", "date_part": "pgdate_part", "substr": "substring", "sysdate": "timestamp",
    "current_date": "date", "current_timestamp": "timestamptz",
  ]
}

package enum GroupItem: Sendable, Equatable {
  case expression(Expression)
  /// `ROLLUP`, `CUBE`
  case sets(String, [Expression])
  case groupingSets([[Expression]])
}

package indirect enum TableSource: Sendable, Equatable {
  case table(TableReference)
  case function(FunctionCall, Alias?)
  case query(Query, Alias?, isLateral: Bool)
  case join(TableSource, TableSource, kind: String, JoinCondition)
  case nested(TableSource)
  /// The elements of a SUPER's array: `c.orders AS o AT i`.
  case unnest(Expression, Alias, index: Identifier?)
  /// The members of a SUPER's object: `UNPIVOT c.object AS value AT name`.
  case unpivotObject(Expression, value: Identifier, name: Identifier?)
  case pivot(TableSource, Pivot, Alias?)
}

/// `PIVOT (…)` or `UNPIVOT (…)` behind a table.
package enum Pivot: Sendable, Equatable {
  case rows(aggregates: [SelectItem], column: Expression, values: [SelectItem])
  case columns(
    value: Identifier, name: Identifier, columns: [SelectItem], includesNulls: Bool)
}

package struct Alias: Sendable, Equatable {
  package var name: Identifier
  package var columns: [Identifier] = []

  package init(name: Identifier) {
    self.name = name
  }
}

package enum JoinCondition: Sendable, Equatable {
  case none
  case on(Expression)
  case using([Identifier])
}

package struct TableReference: Sendable, Equatable {
  package var name: ObjectName
  package var alias: Alias?

  package init(name: ObjectName, alias: Alias? = nil) {
    self.name = name
    self.alias = alias
  }

  /// The name by which columns call the table.
  package var callName: String { alias?.name.name ?? name.name }
}
