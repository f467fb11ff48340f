internal import Core
internal import DuckDB
internal import Foundation
internal import ObjectStore

/// Lets DuckDB's readers ask the S3 API that the objects are behind.
enum S3Reading {
  /// Loads the extension `httpfs` and makes a secret of the credentials, which lives as long as the
  /// database is open.
  ///
  /// - Throws: `SQLError` 58P01 without the extension's file.
  static func prepare(_ access: S3Configuration, on connection: Connection) throws {
    let path = folder + "/httpfs.duckdb_extension"
    guard FileManager.default.fileExists(atPath: path) else {
      throw SQLError("58P01", "\(path) is missing", hint: "run: make deps")
    }
    try connection.execute("LOAD \(literal(path))")
    try connection.execute(
      """
      CREATE OR REPLACE TEMPORARY SECRET weir_objects (
        TYPE s3, KEY_ID \(literal(access.accessKey)), SECRET \(literal(access.secretKey)),
        REGION \(literal(access.region)), ENDPOINT \(literal(access.host)), URL_STYLE 'path',
        USE_SSL \(access.usesTLS))
      """)
  }

  /// Where scripts/install-duckdb puts the extensions.
  private static var folder: String {
    let given = ProcessInfo.processInfo.environment["WEIR_DUCKDB_EXTENSIONS"] ?? ""
    return given.isEmpty ? "/usr/local/lib/weir/duckdb/v1.5.5" : given
  }
}
