/// `CREATE EXTERNAL TABLE`: files in a data catalog's database.
package struct CreateExternalTable: Sendable, Equatable {
  package struct Column: Sendable, Equatable {
    package var name: Identifier
    /// nil in `CREATE EXTERNAL TABLE … AS`, whose query says it.
    package var type: TypeName?
    package var position: Int
  }

  package struct Property: Sendable, Equatable {
    package var name: String
    package var value: String
  }

  package var name: ObjectName
  package var ifNotExists: Bool
  package var columns: [Column] = []
  package var partitionColumns: [Column] = []
  package var fieldTerminator: String?
  package var lineTerminator: String?
  package var serde: String?
  package var serdeProperties: [Property] = []
  /// In upper case: `PARQUET`, `TEXTFILE`; empty where INPUTFORMAT says it.
  package var format = ""
  package var inputFormat: String?
  package var outputFormat: String?
  package var formatPosition = 0
  package var location = ""
  package var locationPosition = 0
  package var properties: [Property] = []
  /// `AS SELECT`
  package var query: Query?

  package init(name: ObjectName, ifNotExists: Bool) {
    self.name = name
    self.ifNotExists = ifNotExists
  }
}

/// What ALTER TABLE does to an external table only.
package enum ExternalAlteration: Sendable, Equatable {
  package struct Partition: Sendable, Equatable {
    package var values: [(column: Identifier, value: Expression)]
    /// Empty in DROP PARTITION.
    package var location: String
    package var position: Int

    package static func == (left: Partition, right: Partition) -> Bool {
      left.location == right.location && left.values.map(\.column) == right.values.map(\.column)
        && left.values.map(\.value) == right.values.map(\.value)
    }
  }

  case addPartitions([Partition], ifNotExists: Bool)
  case dropPartition(Partition)
  case setPartitionLocation(Partition)
  case setLocation(String, position: Int)
  case setFormat(String, position: Int)
  case setProperties([CreateExternalTable.Property])
}
