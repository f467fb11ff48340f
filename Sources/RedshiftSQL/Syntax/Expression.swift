/// A name as written: folded to lower case unless it was quoted.
package struct Identifier: Hashable, Sendable {
  package var name: String

  package init(_ name: String) {
    self.name = name
  }
}

/// A name with up to three parts: `database.schema.name`.
package struct ObjectName: Hashable, Sendable {
  package var parts: [Identifier]
  /// In Unicode scalars from the start of the text, from 1. Not part of what a name is.
  package var position: Int

  package init(_ parts: [Identifier], position: Int = 0) {
    self.parts = parts
    self.position = position
  }

  package var name: String { parts.last?.name ?? "" }
  package var schema: String? { parts.count > 1 ? parts[parts.count - 2].name : nil }

  package static func == (left: ObjectName, right: ObjectName) -> Bool {
    left.parts == right.parts
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(parts) }
}

/// A value's description in SQL. Two that read the same are equal, wherever they stand.
package struct Expression: Sendable, Equatable {
  package indirect enum Kind: Sendable, Equatable {
    case null
    case boolean(Bool)
    case number(String)
    case string(String)
    /// `DATE '2026-11-24'`
    case typedString(TypeName, String)
    /// `INTERVAL '3 days'`, `INTERVAL '3' DAY`
    case interval(String, unit: String?)
    case parameter(Int)
    /// `name`, `table.name`, `schema.table.name`, and SUPER navigation by dots.
    case column([Identifier])
    case star(qualifier: [Identifier], exclude: [Identifier])
    case call(FunctionCall)
    case cast(Expression, TypeName, isTry: Bool)
    case unary(String, Expression)
    case binary(String, Expression, Expression)
    /// AND and OR with all their terms.
    case logical(String, [Expression])
    /// `IS [NOT] NULL | TRUE | FALSE | UNKNOWN`
    case isTest(Expression, String, isNegated: Bool)
    case isDistinct(Expression, Expression, isNegated: Bool)
    case between(Expression, Expression, Expression, isNegated: Bool)
    case inList(Expression, [Expression], isNegated: Bool)
    case inQuery(Expression, Query, isNegated: Bool)
    /// `LIKE`, `ILIKE`, `SIMILAR TO`
    case like(Expression, String, Expression, escape: Expression?, isNegated: Bool)
    case caseWhen(operand: Expression?, branches: [CaseBranch], otherwise: Expression?)
    case exists(Query)
    case subquery(Query)
    /// `= ANY (…)`
    case quantified(Expression, String, quantifier: String, Query)
    case extract(String, Expression)
    case atTimeZone(Expression, Expression)
    case array([Expression])
    case row([Expression])
    case index(Expression, Expression)
    case field(Expression, Identifier)
    /// DuckDB's SQL as it is: what a rewrite put in.
    case raw(String)
  }

  package var kind: Kind
  /// In Unicode scalars from the start of the text, from 1; 0 for what a rewrite made.
  package var position: Int

  package init(_ kind: Kind, position: Int = 0) {
    self.kind = kind
    self.position = position
  }

  package static func == (left: Expression, right: Expression) -> Bool { left.kind == right.kind }
}

package struct CaseBranch: Sendable, Equatable {
  package var condition: Expression
  package var result: Expression

  package init(condition: Expression, result: Expression) {
    self.condition = condition
    self.result = result
  }
}

package struct FunctionCall: Sendable, Equatable {
  package var name: ObjectName
  package var arguments: [Expression]
  /// `count(*)`
  package var isStar = false
  package var isDistinct = false
  /// `APPROXIMATE count(distinct x)`
  package var isApproximate = false
  /// ORDER BY within the parentheses.
  package var orderBy: [OrderItem] = []
  package var withinGroup: [OrderItem]?
  package var filter: Expression?
  package var ignoresNulls = false
  package var over: Window?

  package init(_ name: String, _ arguments: [Expression]) {
    self.name = ObjectName([Identifier(name)])
    self.arguments = arguments
  }

  package init(name: ObjectName, arguments: [Expression]) {
    self.name = name
    self.arguments = arguments
  }

  /// The unqualified name (functions of `pg_catalog` count as such); else nil.
  package var simpleName: String? {
    switch name.parts.count {
    case 1: name.name
    case 2 where name.schema == "pg_catalog": name.name
    default: nil
    }
  }
}

package struct OrderItem: Sendable, Equatable {
  package var expression: Expression
  package var isDescending: Bool?
  package var nullsFirst: Bool?
}

package struct Window: Sendable, Equatable {
  package var reference: Identifier?
  package var partitionBy: [Expression] = []
  package var orderBy: [OrderItem] = []
  /// `ROWS BETWEEN …`, as written.
  package var frame: String?
  /// `OVER name` rather than `OVER (…)`.
  package var isBareReference = false
}

package struct TypeName: Sendable, Equatable {
  /// Folded words: `character varying`, `timestamp with time zone`.
  package var name: String
  /// `MAX` stands as nil among the modifiers.
  package var modifiers: [Int?]

  package init(_ name: String, modifiers: [Int?] = []) {
    self.name = name
    self.modifiers = modifiers
  }
}
