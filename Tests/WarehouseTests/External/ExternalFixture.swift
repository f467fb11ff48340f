import Core
import DuckDB
import Foundation
import TestSupport

@testable import Warehouse

/// A warehouse with an external schema `ext`, and a DuckDB of its own that writes objects.
final class ExternalFixture: Sendable {
  let warehouse: WarehouseFixture
  private let writer: Connection
  private let queue = BlockingQueue(label: "test.objects")

  init() async throws {
    warehouse = try WarehouseFixture()
    writer = try Database(path: nil).connect()
    try await warehouse.run(
      """
      CREATE EXTERNAL SCHEMA ext FROM DATA CATALOG DATABASE 'lake' IAM_ROLE default
      CREATE EXTERNAL DATABASE IF NOT EXISTS
      """)
  }

  var session: WarehouseSession { warehouse.session }

  @discardableResult
  func run(_ sql: String) async throws -> [[String]] { try await warehouse.run(sql) }

  func close() async { await warehouse.close() }

  /// The file of an object.
  func file(_ key: String) -> String { warehouse.directory.file("objects/lake/\(key)") }

  /// Writes the query's rows as the object `s3://lake/<key>`.
  func write(
    _ query: String, as key: String, options: String = "FORMAT parquet"
  ) async throws {
    let path = file(key)
    try makeFolder(of: path)
    try await queue.run { [writer] in
      _ = try writer.execute("COPY (\(query)) TO '\(path)' (\(options))")
    }
  }

  func write(text: String, as key: String) throws {
    let path = file(key)
    try makeFolder(of: path)
    try text.write(toFile: path, atomically: true, encoding: .utf8)
  }

  private func makeFolder(of path: String) throws {
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
  }

  /// Rows of another DuckDB than the warehouse's.
  func peer(_ statements: String...) async throws -> [[String?]] {
    try await queue.run { [writer] in
      for statement in statements.dropLast() { try writer.execute(statement) }
      return try writer.rows(statements.last ?? "SELECT 1")
    }
  }

  /// `sales`, partitioned by day: for each good day ten rows, and for each bad day an object that
  /// is no Parquet, so that to open it fails.
  func makeSales(good: [String], bad: [String] = []) async throws {
    try await run(
      """
      CREATE EXTERNAL TABLE ext.sales (id bigint, customer int, amount decimal(12,2), note varchar(20))
      PARTITIONED BY (day date, region varchar(10))
      STORED AS PARQUET LOCATION 's3://lake/sales/'
      """)
    for day in good {
      try await write(
        """
        SELECT i::BIGINT AS id, (i % 3)::INTEGER AS customer, (i * 1.5)::DECIMAL(12, 2) AS amount,
               'note ' || i AS note FROM range(10) t(i)
        """, as: "sales/day=\(day)/region=eu/part.parquet")
    }
    for day in bad { try write(text: "garbage", as: "sales/day=\(day)/region=eu/part.parquet") }
    for day in good + bad {
      try await run(
        """
        ALTER TABLE ext.sales ADD PARTITION (day='\(day)', region='eu')
        LOCATION 's3://lake/sales/day=\(day)/region=eu/'
        """)
    }
  }
}

extension ExternalFixture {
  /// Makes the table one whose files are those of its manifest.
  func manage(_ table: String, files: [String]) async throws {
    try await warehouse.warehouse.queue.run { [warehouse] in
      let connection = warehouse.warehouse.housekeeping
      try connection.execute(
        """
        BEGIN; UPDATE weir.external_table SET is_managed = true WHERE name = '\(table)';
        DELETE FROM weir.external_file
        """)
      for file in files {
        try connection.execute(
          """
          INSERT INTO weir.external_file
          SELECT t.id, p.id, 's3://lake/\(file)', 10, 1000 FROM weir.external_table t
            JOIN weir.external_partition p ON p.table_id = t.id
           WHERE t.name = '\(table)' AND 's3://lake/\(file)' LIKE p.location || '%'
          """)
      }
      try connection.execute("COMMIT")
    }
  }
}
