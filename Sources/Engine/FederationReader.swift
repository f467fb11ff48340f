internal import Foundation
internal import Warehouse
internal import Yams

/// Reads `federation:` and `secrets:` of weir.yaml, and their variables.
enum FederationReader {
  /// Seconds.
  private static let timeout = 0.1...3_600.0

  /// What the file says.
  struct Settings {
    var endpoints: [String: FederationConfiguration.Endpoint] = [:]
    var connectTimeout: Double?
    var statementTimeout: Double?
    var secrets: [String: FederationConfiguration.Credentials] = [:]

    /// - Throws: `EngineError` that names the line, the key and what was expected there; for a file
    ///   with secrets that others can read, the file and its mode.
    init(federation: YAMLPlace?, secrets: YAMLPlace?) throws {
      if let federation {
        let fields = try federation.fields(
          [], optional: ["endpoints", "connect_timeout", "statement_timeout"])
        connectTimeout = try fields["connect_timeout"]?.decimal(timeout)
        statementTimeout = try fields["statement_timeout"]?.decimal(timeout)
        for (uri, place) in try fields["endpoints"]?.entries() ?? [] {
          endpoints[uri.lowercased()] = try FederationReader.endpoint(place)
        }
      }
      if let secrets { self.secrets = try FederationReader.secrets(secrets) }
    }

    init() {}
  }

  /// - Throws: `EngineError` that names the variable that is wrong.
  static func configuration(
    file: Settings, environment: [String: String]
  ) throws -> FederationConfiguration {
    var made = FederationConfiguration()
    made.extensions = FederationConfiguration.extensionFolder(environment: environment)
    made.endpoints = file.endpoints.merging(try endpoints(environment)) { $1 }
    made.secrets = file.secrets
    if let path = environment["WEIR_SECRETS_FILE"], !path.isEmpty {
      made.secrets.merge(try secretsFile(path)) { $1 }
    }
    if let text = environment["WEIR_SECRETS"], !text.isEmpty {
      let place = try YAMLPlace.document(text, file: "WEIR_SECRETS")
      made.secrets.merge(try entries(ofSecrets: place)) { $1 }
    }
    func seconds(_ variable: String, _ value: Double?) throws -> Duration? {
      try (EngineConfiguration.number(environment, variable, in: timeout) ?? value)
        .map { .seconds($0) }
    }
    made.connectTimeout =
      try seconds("WEIR_FEDERATION_CONNECT_TIMEOUT", file.connectTimeout) ?? made.connectTimeout
    made.statementTimeout =
      try seconds("WEIR_FEDERATION_STATEMENT_TIMEOUT", file.statementTimeout)
      ?? made.statementTimeout
    return made
  }

  // MARK: Endpoints

  private static let standardPort = 5432
  private static let example = "HOST:PORT, such as 127.0.0.1:5432"

  private static func endpoint(_ place: YAMLPlace) throws -> FederationConfiguration.Endpoint {
    guard let endpoint = endpoint(try place.text()) else { throw place.expected(example) }
    return endpoint
  }

  /// `host`, `host:port`, `[::1]:port`
  private static func endpoint(_ text: String) -> FederationConfiguration.Endpoint? {
    let text = text.trimmingCharacters(in: .whitespaces)
    guard let match = text.wholeMatch(of: #/(?:\[([0-9a-fA-F:.]+)\]|([^:\s\/]+))(?::([0-9]+))?/#)
    else { return nil }
    let port = match.3.map { Int($0) ?? 0 } ?? standardPort
    guard (1...65_535).contains(port), let host = match.1 ?? match.2 else { return nil }
    return .init(host: String(host), port: port)
  }

  /// `uri=host:port,uri=host:port`
  private static func endpoints(
    _ environment: [String: String]
  ) throws -> [String: FederationConfiguration.Endpoint] {
    let variable = "WEIR_FEDERATION_ENDPOINTS"
    var found: [String: FederationConfiguration.Endpoint] = [:]
    for item in (environment[variable] ?? "").split(separator: ",") {
      let parts = item.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, let endpoint = endpoint(String(parts[1])) else {
        throw EngineError("\(variable) must be URI=HOST:PORT,…, not '\(item)'")
      }
      found[parts[0].trimmingCharacters(in: .whitespaces).lowercased()] = endpoint
    }
    return found
  }

  // MARK: Secrets

  /// A mapping, or the path of a file with one.
  private static func secrets(
    _ place: YAMLPlace
  ) throws -> [String: FederationConfiguration.Credentials] {
    if let path = try? place.text() {
      let folder = (place.file as NSString).deletingLastPathComponent
      return try secretsFile(path.hasPrefix("/") ? path : folder + "/" + path)
    }
    try SecretFile.check(place.file)
    return try entries(ofSecrets: place)
  }

  private static func secretsFile(
    _ path: String
  ) throws -> [String: FederationConfiguration.Credentials] {
    try SecretFile.check(path)
    guard let data = FileManager.default.contents(atPath: path) else {
      throw EngineError("cannot read the secrets file \(path)")
    }
    let text = String(decoding: data, as: UTF8.self)
    return try entries(ofSecrets: YAMLPlace.document(text, file: path))
  }

  /// Of a secret as AWS makes it for a database, two keys matter.
  private static func entries(
    ofSecrets place: YAMLPlace
  ) throws -> [String: FederationConfiguration.Credentials] {
    var found: [String: FederationConfiguration.Credentials] = [:]
    for (name, secret) in try place.entries() {
      let fields = try secret.fields(
        ["username", "password"],
        optional: ["engine", "host", "port", "dbname", "dbInstanceIdentifier"])
      found[name] = .init(
        user: try fields.needed("username").text(), password: try fields.needed("password").text())
    }
    return found
  }
}

/// A file that holds what only its owner may know.
enum SecretFile {
  /// - Throws: `EngineError` with the file's mode if the group or others can do anything with it.
  static func check(_ path: String) throws {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    guard let mode = (attributes?[.posixPermissions] as? NSNumber)?.intValue else {
      throw EngineError("cannot read the secrets file \(path)")
    }
    guard mode & 0o077 == 0 else {
      let digits = String(mode & 0o7777, radix: 8)
      throw EngineError(
        "\(path) holds secrets and others can read it (its mode is "
          + "\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)); "
          + "run: chmod 600 \(path)")
    }
  }
}

extension YAMLPlace {
  /// A mapping's values with their keys, which may be any.
  func entries() throws -> [(key: String, value: YAMLPlace)] {
    guard case .mapping(let mapping) = node else { throw expected("keys with values") }
    return mapping.map { key, value in
      let name = key.string ?? ""
      return (
        name,
        YAMLPlace(
          file: file, node: value, keys: keys.isEmpty ? name : keys + "." + name,
          line: value.mark?.line ?? key.mark?.line ?? line)
      )
    }
  }
}
