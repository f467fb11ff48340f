internal import Core

/// An external schema over a PostgreSQL database, as its clauses say.
struct FederatedSource: Sendable, Equatable {
  var schema: String
  var database: String
  var remoteSchema: String
  var uri: String
  var port: Int?
  var secret: String

  static let standardPort = 5432

  /// - Parameter options: of the catalog, by the names of the clauses.
  init(schema: String, options: [String: String]) {
    self.schema = schema
    database = options["DATABASE"] ?? ""
    remoteSchema = options["SCHEMA"] ?? "public"
    uri = options["URI"] ?? ""
    port = options["PORT"].flatMap(Int.init)
    secret = options["SECRET_ARN"] ?? ""
  }

  /// What DuckDB knows the database as: letters, digits and underscores only, so that it stands in
  /// the text of views without quotes.
  var attachment: String {
    let plain = schema.lowercased().utf8.map { byte in
      let isPlain = (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x5F
      return isPlain ? String(UnicodeScalar(byte)) : "_x" + String(byte, radix: 16) + "_"
    }
    return Self.attachmentPrefix + plain.joined()
  }

  static let attachmentPrefix = "weir_fed_"

  /// Only what the configuration names is connected to: whoever may say where a secret goes could
  /// have it sent to a program of his own.
  ///
  /// - Throws: `SQLError` 08001 for a URI that the configuration does not name.
  func endpoint(
    _ configuration: FederationConfiguration
  ) throws(SQLError) -> FederationConfiguration.Endpoint {
    if let known = configuration.endpoints[uri.lowercased()] { return known }
    throw SQLError(
      "08001", "external schema \"\(schema)\": no endpoint is configured for \"\(uri)\"",
      hint: "say in weir.yaml which server it is:  federation: { endpoints: { "
        + "\"\(uri)\": HOST:\(port ?? Self.standardPort) } }")
  }

  /// - Throws: `SQLError` 28000 for a secret that the configuration does not hold.
  func credentials(
    _ configuration: FederationConfiguration
  ) throws(SQLError) -> FederationConfiguration.Credentials {
    if let known = configuration.secrets[secret] { return known }
    throw SQLError(
      "28000", "external schema \"\(schema)\": the secret \"\(secret)\" is not configured",
      hint: "write it in weir.yaml, which nobody else may read (chmod 600):  secrets: { "
        + "\"\(secret)\": { username: NAME, password: PASSWORD } }")
  }

  /// Without asking a name server: a name stands for this machine only where it says so itself.
  static func isLoopback(_ host: String) -> Bool {
    let host = host.lowercased()
    if host == "localhost" || host.hasSuffix(".localhost") || host == "::1" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}

extension FederatedSource {
  /// The clauses of `CREATE EXTERNAL SCHEMA … FROM POSTGRES`.
  private static let needed = ["DATABASE", "URI", "IAM_ROLE", "SECRET_ARN"]
  private static let optional = ["SCHEMA", "PORT"]

  /// - Throws: `SQLError` 42601 for a clause that is missing, doubled or of another source.
  static func check(
    _ clauses: [(name: String, value: String)], at position: Int
  ) throws(SQLError) {
    var seen: Set<String> = []
    for clause in clauses {
      guard (needed + optional).contains(clause.name) else {
        throw SQLError(
          "42601", "\(clause.name) is no clause of CREATE EXTERNAL SCHEMA FROM POSTGRES",
          position: position)
      }
      guard seen.insert(clause.name).inserted else {
        throw SQLError("42601", "\(clause.name) is given twice", position: position)
      }
      if clause.name == "PORT", !(1...65_535).contains(Int(clause.value) ?? 0) {
        throw SQLError("22023", "\"\(clause.value)\" is not a port", position: position)
      }
      if clause.name == "URI", clause.value.contains("://") {
        throw SQLError(
          "22023", "URI takes a host name without a protocol, not \"\(clause.value)\"",
          position: position)
      }
    }
    for name in needed where !seen.contains(name) {
      throw SQLError(
        "42601", "CREATE EXTERNAL SCHEMA FROM POSTGRES needs \(name)",
        hint: "DATABASE 'db' [SCHEMA 'public'] URI 'host' [PORT 5432] IAM_ROLE '…' SECRET_ARN '…'",
        position: position)
    }
  }
}
