/// One statement of a text.
package struct ParsedStatement: Sendable {
  package var statement: Statement
  /// As written, without the semicolon.
  package var text: String
  /// Unicode scalars before the statement in the whole text.
  package var scalarOffset: Int

  package init(statement: Statement, text: String, scalarOffset: Int) {
    self.statement = statement
    self.text = text
    self.scalarOffset = scalarOffset
  }
}

package indirect enum Statement: Sendable, Equatable {
  case query(Query)
  case insert(Insert)
  case update(Update)
  case delete(Delete)
  case createTable(CreateTable)
  case createTableAs(CreateTableAs)
  case createView(CreateView)
  case createSchema(ObjectName, ifNotExists: Bool, quota: Int? = nil)
  case drop(Drop)
  case truncate(ObjectName)
  case alterTable(ObjectName, AlterAction)
  case merge(Merge)
  case comment(Comment)
  case access(Access)

  case createExternalSchema(CreateExternalSchema)
  case createExternalTable(CreateExternalTable)
  case createMaterializedView(CreateMaterializedView)
  case alterMaterializedView(ObjectName, autoRefresh: Bool)
  /// DISTSTYLE, DISTKEY, SORTKEY.
  case alterMaterializedViewAttributes(ObjectName, TableAttributes)
  case renameSchema(ObjectName, Identifier)
  /// Megabytes; nil for UNLIMITED.
  case schemaQuota(ObjectName, Int?)
  case refreshMaterializedView(ObjectName, isCascade: Bool)
  case dropMaterializedView([ObjectName], ifExists: Bool, isCascade: Bool)

  case begin(isReadOnly: Bool)
  case commit
  case rollback
  case set(name: String, value: String)
  case reset(name: String)
  case show(name: String)
  /// SHOW TABLE, SHOW VIEW
  case showDefinition(ObjectName, isView: Bool)
  case explain(Statement, isAnalyze: Bool)
  case call(Call)
  /// `CANCEL process_id ['message']`
  case cancel(processID: Int, message: String?, position: Int)
  /// VACUUM and ANALYZE: the word, and the table if one is named.
  case maintenance(String, ObjectName?)
  case lock([ObjectName])
  case prepare(Identifier, Statement)
  case execute(Identifier, [Expression])
  /// nil: all.
  case deallocate(Identifier?)
  case declareCursor(Identifier, Query)
  /// `DECLARE name CURSOR FOR SUBSCRIBE TO relation [WITH SNAPSHOT]`, which is Weir's own.
  case subscribe(Identifier, ObjectName, hasSnapshot: Bool)
  /// nil rows: all that are left. With `WAIT n SECONDS`, of a subscription, for the first row.
  case fetch(Identifier, rows: Int?, seconds: Int)
  case closeCursor(Identifier?)
  case unload(Unload)
  case copy(CopyFrom)
  case createFunction(CreateFunction)
  case dropFunction(DropFunction)
}

/// A scalar function whose body is one SELECT of one expression, with `$1` for its first argument.
package struct CreateFunction: Sendable, Equatable {
  package enum Volatility: String, Sendable { case volatile, stable, immutable }

  package var name: ObjectName
  package var replaces: Bool
  package var argumentTypes: [TypeName]
  package var returnType: TypeName
  package var volatility: Volatility
  /// The expression, as written.
  package var body: String
  package var expression: Expression
}

package struct DropFunction: Sendable, Equatable {
  package var name: ObjectName
  package var argumentTypes: [TypeName]
  package var ifExists: Bool
}

package struct Merge: Sendable, Equatable {
  package enum Action: Sendable, Equatable {
    case update([Update.Assignment])
    case delete
  }

  package var target: TableReference
  package var source: TableSource
  package var condition: Expression
  package var matched: Action?
  package var insertColumns: [Identifier] = []
  package var insertValues: [Expression]?
  package var removesDuplicates = false
}

package struct Comment: Sendable, Equatable {
  package enum Kind: String, Sendable { case table, view, column, database, schema, constraint }
  package var kind: Kind
  package var name: ObjectName
  package var text: String?
}

package struct Insert: Sendable, Equatable {
  package var table: ObjectName
  package var columns: [Identifier]
  /// nil: DEFAULT VALUES.
  package var query: Query?
  /// Whether whole rows of another table are moved, with what was theirs.
  package var movesRows = false

  package init(table: ObjectName, columns: [Identifier], query: Query?) {
    self.table = table
    self.columns = columns
    self.query = query
  }
}

package struct Update: Sendable, Equatable {
  package var table: TableReference
  package var assignments: [Assignment]
  package var from: [TableSource]
  package var condition: Expression?

  package struct Assignment: Sendable, Equatable {
    package var column: Identifier
    package var value: Expression
  }
}

package struct Delete: Sendable, Equatable {
  package var table: TableReference
  package var using: [TableSource]
  package var condition: Expression?

  package init(table: TableReference, using: [TableSource], condition: Expression? = nil) {
    self.table = table
    self.using = using
    self.condition = condition
  }
}

/// What Redshift stores of a table that DuckDB has no use for.
package struct TableAttributes: Sendable, Equatable {
  package var distributionStyle: String?
  package var distributionKey: Identifier?
  package var sortKey: [Identifier] = []
  /// `compound`, `interleaved` or `auto`.
  package var sortStyle: String?
  package var backup: Bool?

  package init() {}
}

package struct CreateTable: Sendable, Equatable {
  package struct Column: Sendable, Equatable {
    package var name: Identifier
    package var type: TypeName
    package var isNotNull = false
    package var isPrimaryKey = false
    package var isUnique = false
    package var defaultValue: Expression?
    package var identity: Identity?
    package var encoding: String?
    package var collation: Collation?
  }

  package struct Identity: Sendable, Equatable {
    package var seed: Int
    package var step: Int
    /// GENERATED BY DEFAULT: a value that is given is taken.
    package var isDefault = false
  }

  package var name: ObjectName
  package var isTemporary: Bool
  package var ifNotExists: Bool
  package var columns: [Column]
  package var primaryKey: [Identifier]
  package var unique: [[Identifier]]
  package var attributes: TableAttributes
  /// `LIKE parent`
  package var like: ObjectName?
  package var likeDefaults = false
}

package struct CreateTableAs: Sendable, Equatable {
  package var name: ObjectName
  package var isTemporary: Bool
  package var columns: [Identifier]
  package var attributes: TableAttributes
  package var query: Query

  package init(
    name: ObjectName, isTemporary: Bool, columns: [Identifier] = [],
    attributes: TableAttributes = TableAttributes(), query: Query
  ) {
    self.name = name
    self.isTemporary = isTemporary
    self.columns = columns
    self.attributes = attributes
    self.query = query
  }
}

package struct CreateView: Sendable, Equatable {
  package var name: ObjectName
  package var replaces: Bool
  package var columns: [Identifier]
  package var query: Query
  /// The query as written.
  package var queryText: String
  package var isLateBinding: Bool
}

package struct Drop: Sendable, Equatable {
  package enum Kind: String, Sendable { case table, view, schema }
  package var kind: Kind
  package var names: [ObjectName]
  package var ifExists: Bool
  package var isCascade: Bool
  /// `DROP SCHEMA … DROP EXTERNAL DATABASE`
  package var dropsExternalDatabase = false
}

package enum AlterAction: Sendable, Equatable {
  case addColumn(CreateTable.Column)
  case dropColumn(Identifier, isCascade: Bool)
  case renameColumn(Identifier, Identifier)
  case rename(Identifier)
  case alterType(Identifier, TypeName)
  /// DISTSTYLE, DISTKEY, SORTKEY.
  case attributes(TableAttributes)
  case encode(Identifier, String)
  case appendFrom(ObjectName, fillsTarget: Bool, ignoresExtra: Bool)
  /// Constraints are information here, which nothing enforces.
  case constraint(primaryKey: [Identifier], unique: [Identifier])
  case external(ExternalAlteration)
}

package struct CreateExternalSchema: Sendable, Equatable {
  package struct Clause: Sendable, Equatable {
    /// `IAM_ROLE`
    package var name: String
    package var value: String
  }
  package var name: ObjectName
  package var ifNotExists: Bool
  /// `KINESIS`, `POSTGRES`, `DATA CATALOG`, …
  package var source: String
  /// Where the source stands in the text.
  package var sourcePosition: Int
  package var clauses: [Clause]
}

package struct CreateMaterializedView: Sendable, Equatable {
  package var name: ObjectName
  /// `CREATE OR REPLACE`
  package var replaces: Bool
  package var attributes: TableAttributes
  package var autoRefresh: Bool
  package var query: Query
  /// The query as written.
  package var queryText: String
}
