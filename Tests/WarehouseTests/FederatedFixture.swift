import Core
import LocalPostgres
import TestSupport
import Warehouse

/// A warehouse with an external schema `live` over a database of a real PostgreSQL.
struct FederatedFixture {
  static let secret = "arn:aws:secretsmanager:us-east-1:account:secret:aurora-secret"
  static let uri = "aurora-cluster.cluster-xyz.us-east-1.rds.amazonaws.com"
  /// Of a server that is not there.
  static let downURI = "down.example.com"

  let warehouse: WarehouseFixture
  let server: LocalPostgres
  let database: String

  /// - Parameters:
  ///   - server: one of the test's own; nil for a database of the shared one.
  ///   - tables: what the database is to hold.
  init(
    server: LocalPostgres? = nil, tables: String, connectTimeout: Duration = .seconds(5),
    statementTimeout: Duration = .seconds(20)
  ) async throws {
    if let server {
      (self.server, database) = (server, "postgres")
    } else {
      (self.server, database) = try await PostgresFixture.makeDatabase()
    }
    try await self.server.query(tables, database: database)
    var configuration = FederationConfiguration()
    configuration.endpoints[Self.uri] = .init(host: "127.0.0.1", port: self.server.port)
    configuration.endpoints[Self.downURI] = .init(host: "127.0.0.1", port: 1)
    configuration.secrets[Self.secret] = .init(
      user: LocalPostgres.user, password: self.server.password)
    configuration.secrets["wrong"] = .init(user: LocalPostgres.user, password: "wrong")
    configuration.connectTimeout = connectTimeout
    configuration.statementTimeout = statementTimeout
    warehouse = try WarehouseFixture(federation: configuration)
    try await run(create("live"))
  }

  func create(
    _ schema: String, database: String? = nil, remote: String? = "public", secret: String = secret,
    uri: String = uri, port: Int? = nil
  ) -> String {
    """
    CREATE EXTERNAL SCHEMA \(schema)
    FROM POSTGRES
    DATABASE '\(database ?? self.database)'\(remote.map { " SCHEMA '\($0)'" } ?? "")
    URI '\(uri)'\(port.map { " PORT \($0)" } ?? "")
    IAM_ROLE 'arn:aws:iam::account:role/RedshiftRole'
    SECRET_ARN '\(secret)';
    """
  }

  var session: WarehouseSession { warehouse.session }

  @discardableResult
  func run(_ sql: String) async throws -> [[String]] { try await warehouse.run(sql) }

  func failure(_ sql: String) async -> SQLError? { await warehouse.session.failure(sql) }

  /// Runs statements on the server.
  @discardableResult
  func remote(_ sql: String) async throws -> String {
    try await server.query(sql, database: database)
  }

  /// States of the connections that the warehouse has to the database.
  func connections() async throws -> String {
    try await remote(
      """
      SELECT state FROM pg_stat_activity WHERE application_name = 'weir'
       AND datname = current_database() AND state <> 'idle' ORDER BY 1
      """)
  }

  func close() async { await warehouse.close() }
}
