internal import ObjectStore

/// Reads `objects:` of weir.yaml, and its variables.
enum ObjectsReader {
  /// What the file says.
  struct Settings {
    var endpoint: String?
    var region: String?
    var accessKey: String?
    var secretKey: String?

    init() {}

    /// - Throws: `EngineError` that names the line, the key and what was expected there; for a file
    ///   with a secret key that others can read, the file and its mode.
    init(_ objects: YAMLPlace?) throws {
      guard let s3 = try objects?.fields([], optional: ["s3"])["s3"] else { return }
      let fields = try s3.fields(
        ["endpoint"], optional: ["region", "access_key", "secret_key"])
      endpoint = try fields.needed("endpoint").text()
      region = try fields["region"]?.text()
      accessKey = try fields["access_key"]?.text()
      secretKey = try fields["secret_key"]?.text()
      if secretKey != nil { try SecretFile.check(s3.file) }
    }
  }

  /// - Returns: nil where objects are in a folder.
  /// - Throws: `EngineError` that names what is wrong or missing.
  static func configuration(
    file: Settings, environment: [String: String]
  ) throws -> S3Configuration? {
    func value(_ name: String, _ file: String?) -> String? {
      environment["WEIR_OBJECTS_S3_" + name].flatMap { $0.isEmpty ? nil : $0 } ?? file
    }
    guard let endpoint = value("ENDPOINT", file.endpoint) else { return nil }
    guard endpoint.wholeMatch(of: #/https?:\/\/[A-Za-z0-9.:\[\]-]+\/?/#) != nil else {
      throw EngineError(
        "objects.s3.endpoint must be such as http://127.0.0.1:9000, not '\(endpoint)'")
    }
    guard let accessKey = value("ACCESS_KEY", file.accessKey),
      let secretKey = value("SECRET_KEY", file.secretKey)
    else {
      throw EngineError(
        "objects.s3 needs access_key and secret_key (or WEIR_OBJECTS_S3_ACCESS_KEY and "
          + "WEIR_OBJECTS_S3_SECRET_KEY)")
    }
    return S3Configuration(
      endpoint: endpoint, region: value("REGION", file.region) ?? "us-east-1",
      accessKey: accessKey, secretKey: secretKey)
  }
}
