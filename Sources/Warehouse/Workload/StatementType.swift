internal import Core
internal import RedshiftSQL

/// The kinds of SYS_QUERY_HISTORY.
enum StatementType: String, Sendable {
  case select = "SELECT"
  case insert = "INSERT"
  case update = "UPDATE"
  case delete = "DELETE"
  case copy = "COPY"
  case unload = "UNLOAD"
  case createTableAs = "CTAS"
  case definition = "DDL"
  case command = "COMMAND"
  case utility = "UTILITY"
  case other = "OTHER"

  init(_ statement: Statement) {
    switch statement {
    case .query(let query):
      if case .select(let select) = query.body, select.into != nil {
        self = .createTableAs
      } else {
        self = .select
      }
    case .insert, .merge: self = .insert
    case .update: self = .update
    case .delete: self = .delete
    case .createTableAs: self = .createTableAs
    case .createTable, .createView, .createSchema, .drop, .truncate, .alterTable, .comment,
      .access, .createExternalSchema, .createExternalTable, .createMaterializedView,
      .alterMaterializedView,
      .dropMaterializedView:
      self = .definition
    case .unload: self = .unload
    case .copy: self = .copy
    case .refreshMaterializedView, .call, .cancel: self = .command
    default: self = .utility
    }
  }

  /// Whether Redshift would run it on its compute nodes: what STV_INFLIGHT and STL_QUERY show.
  var isQuery: Bool {
    switch self {
    case .select, .insert, .update, .delete, .copy, .unload, .createTableAs: true
    default: false
    }
  }
}

extension Statement {
  /// Whether the statement may take long, and so needs a slot. What only sets, shows or looks at
  /// the system goes by.
  var needsSlot: Bool {
    switch self {
    case .query(let query): query.needsSlot
    case .insert, .update, .delete, .merge, .createTableAs, .createMaterializedView: true
    case .declareCursor, .execute, .unload, .copy: true
    case .alterTable(_, .appendFrom): true
    case .refreshMaterializedView: true
    case .explain(let inner, let isAnalyze): isAnalyze && inner.needsSlot
    default: false
    }
  }
}

extension Query {
  /// Whether the query reads something else than system views.
  fileprivate var needsSlot: Bool {
    var needs = false
    if case .select(let select) = body { needs = select.into != nil || select.from.hasFunction }
    var map = TreeMap(
      table: { table throws(SQLError) in
        if !SystemTables.isSystem(table.name) { needs = true }
        return nil
      })
    _ = try? map.map(self)
    return needs
  }
}

extension [TableSource] {
  /// A function that makes rows may make any number of them.
  fileprivate var hasFunction: Bool {
    contains { source in
      switch source {
      case .function: true
      case .join(let left, let right, _, _): [left, right].hasFunction
      case .nested(let inner): [inner].hasFunction
      case .table, .query, .unnest, .unpivotObject, .pivot: false
      }
    }
  }
}
