internal import Foundation

/// What `CREATE EXTERNAL SCHEMA … FROM POSTGRES` is resolved by: which server a URI stands for, and
/// what a secret holds.
package struct FederationConfiguration: Sendable, Equatable {
  package struct Endpoint: Sendable, Hashable {
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
      self.host = host
      self.port = port
    }
  }

  package struct Credentials: Sendable, Hashable {
    package var user: String
    package var password: String

    package init(user: String, password: String) {
      self.user = user
      self.password = password
    }
  }

  /// By URI, in lower case.
  package var endpoints: [String: Endpoint] = [:]
  /// By ARN.
  package var secrets: [String: Credentials] = [:]
  /// Until a server has let a connection in.
  package var connectTimeout = Duration.seconds(5)
  /// How long a server may be silent while a statement waits for it.
  package var statementTimeout = Duration.seconds(60)
  /// The folder of DuckDB's extension files.
  package var extensions = FederationConfiguration.extensionFolder(
    environment: ProcessInfo.processInfo.environment)

  package init() {}

  /// Where scripts/install-duckdb puts the extensions of the DuckDB that Weir is built for.
  package static func extensionFolder(environment: [String: String]) -> String {
    environment["WEIR_DUCKDB_EXTENSIONS"].flatMap { $0.isEmpty ? nil : $0 }
      ?? "/usr/local/lib/weir/duckdb/v1.5.5"
  }

  var postgresExtension: String { extensions + "/postgres_scanner.duckdb_extension" }
}
