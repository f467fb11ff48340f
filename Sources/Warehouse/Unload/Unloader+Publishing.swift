internal import Core
internal import Foundation
internal import ObjectStore
internal import RedshiftSQL

extension Unloader {
  /// Makes objects of staged files, the manifest last, and removes what CLEANPATH says. The
  /// staging folder is gone afterwards.
  ///
  /// If it fails, the objects that are new are removed again; one that was replaced is not what
  /// it was.
  func publish(_ staged: StagedUnload) async throws {
    let before: [ObjectSummary]
    var made: [ObjectAddress] = []
    do {
      before = try await existing()
      let manifest = options.manifest == .none ? nil : try await writeManifest(staged)
      for file in staged.files + [manifest].compactMap({ $0 }) {
        try checkCancellation()
        let replaces = [.overwrite, .clean].contains(options.existing)
        _ = try await objects.put(file: file.path, as: file.address, replaces: replaces)
        if !replaces || !before.contains(where: { $0.address == file.address }) {
          made.append(file.address)
        }
      }
      try await clean(before, keeping: staged)
    } catch {
      for address in made { try? await objects.delete(address) }
      await discard(staged)
      throw (error as? ObjectStoreError)?.sqlError ?? error
    }
    await discard(staged)
  }

  /// The objects under the prefix.
  ///
  /// - Throws: `SQLError` 42P07, as Redshift does, if there may not be any.
  func existing() async throws -> [ObjectSummary] {
    guard options.existing != .add else { return [] }
    let found: [ObjectSummary]
    do {
      found = try await objects.list(prefix)
    } catch {
      throw error.sqlError
    }
    guard options.existing != .refuse || found.isEmpty else {
      throw SQLError(
        "42P07",
        "Specified unload destination on S3 is not empty. Consider using a different bucket / "
          + "prefix, manually removing the target files in S3, or using the ALLOWOVERWRITE option.",
        detail: "\(found[0].address) exists")
    }
    return found
  }

  /// Documented: with PARTITION BY, only in the folders that get new files.
  private func clean(_ before: [ObjectSummary], keeping staged: StagedUnload) async throws {
    guard options.existing == .clean else { return }
    var kept = Set(staged.files.map(\.address))
    kept.insert(prefix.appending("manifest"))
    let folders = Set(staged.files.map { Self.folder(of: $0.address.key) })
    for object in before where !kept.contains(object.address) {
      if !options.partitionColumns.isEmpty, !folders.contains(Self.folder(of: object.address.key)) {
        continue
      }
      try await objects.delete(object.address)
    }
    if options.manifest == .none,
      before.contains(where: { $0.address == prefix.appending("manifest") })
    {
      try await objects.delete(prefix.appending("manifest"))
    }
  }

  private static func folder(of key: String) -> Substring {
    key[..<(key.lastIndex(of: "/") ?? key.startIndex)]
  }

  // MARK: The manifest

  private func writeManifest(_ staged: StagedUnload) async throws -> UnloadedFile {
    let text = manifest(staged)
    let path = staged.directory + "/manifest"
    try await queue.run {
      let file = try LocalFile(creating: path)
      try Array(text.utf8).withUnsafeBytes { try file.append($0) }
    }
    return UnloadedFile(
      address: prefix.appending("manifest"), partition: [], rows: 0, bytes: text.utf8.count,
      path: path)
  }

  /// As the page r_UNLOAD_command_examples shows it.
  private func manifest(_ staged: StagedUnload) -> String {
    let isVerbose = options.manifest == .verbose
    let header = options.hasHeader ? 1 : 0
    let entries = staged.files.map { file in
      var entry = "{\"url\":\(JSONWriting.quoted("\(file.address)"))"
      // COPY from Parquet asks for the length.
      if isVerbose || options.format == .parquet {
        let count = isVerbose ? ", \"record_count\": \(file.rows + header)" : ""
        entry += ", \"meta\": { \"content_length\": \(file.bytes)\(count) }"
      }
      return entry + "}"
    }
    var text = "{\n  \"entries\": [\n    " + entries.joined(separator: ",\n    ") + "\n  ]"
    if isVerbose {
      let elements = staged.columns.map { column in
        "      {\"name\": \(JSONWriting.quoted(column.name)), "
          + "\"type\": { \(Self.type(column.type)) }}"
      }
      text += ",\n  \"schema\": {\n    \"elements\": [\n" + elements.joined(separator: ",\n")
      text += "\n    ]\n  },\n  \"meta\": {\n    \"content_length\": \(staged.bytes),\n"
      text += "    \"record_count\": \(staged.rows + header * staged.files.count)\n  },\n"
      text +=
        "  \"author\": {\n    \"name\": \"Amazon Redshift\",\n    \"version\": \"1.0.0\"\n  }"
    }
    return text + "\n}\n"
  }

  private static func type(_ type: String) -> String {
    let names = [
      "VARCHAR": "character varying\", \"max_length\": 65535", "DOUBLE": "double precision",
      "FLOAT": "real", "TIMESTAMP": "timestamp without time zone",
      "TIMESTAMP WITH TIME ZONE": "timestamp with time zone", "TIME": "time without time zone",
      "JSON": "super", "BLOB": "binary varying",
      "HUGEINT": "numeric\", \"precision\": 38, \"scale\": 0",
    ]
    if let match = type.wholeMatch(of: #/DECIMAL\((\d+),(\d+)\)/#) {
      return "\"base\": \"numeric\", \"precision\": \(match.1), \"scale\": \(match.2)"
    }
    guard let name = names[type] else { return "\"base\": \"\(type.lowercased())\"" }
    return name.contains("\"") ? "\"base\": \"\(name)" : "\"base\": \"\(name)\""
  }
}

extension ObjectStoreError {
  var sqlError: SQLError {
    switch self {
    case .invalidAddress: SQLError("22023", "\(self)")
    case .noSuchObject: SQLError("58P01", "\(self)")
    case .alreadyExists: SQLError("42P07", "\(self)")
    case .failed: SQLError("58030", "\(self)")
    }
  }
}
