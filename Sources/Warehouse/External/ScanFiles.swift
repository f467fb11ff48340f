internal import Core
internal import DuckDB
internal import Foundation
internal import ObjectStore

/// Finds the files of partitions: by the table's manifest if it is managed, else by what lies in
/// the partitions' locations.
///
/// Used on the session's queue only, which it blocks while the store answers.
struct ScanFiles {
  let objects: any ObjectStore
  let connection: Connection
  /// Of an address: whether it belongs to a statement that has not ended for this reader.
  let isUnsettled: (String) -> Bool
  let check: () throws -> Void

  func files(
    of table: ExternalTable, _ partitions: [ExternalPartition]
  ) throws -> [ExternalFile] {
    guard !partitions.isEmpty else { return [] }
    if table.isManaged { return try managed(table, partitions) }
    let addresses = try partitions.map { try Self.address($0.location) }
    // One list of a whole table is less work than a list for each of its many partitions.
    if addresses.count > 8, let common = Self.commonFolder(addresses),
      let whole = try? Self.address(table.location), common.key.hasPrefix(whole.key)
    {
      return try listed(common, addresses)
    }
    var files: [ExternalFile] = []
    for (index, address) in addresses.enumerated() {
      try check()
      files += try listed(address, partition: index)
    }
    return files
  }

  // MARK: Managed tables

  /// The manifest is read in the statement's transaction: rows that moved between it and a table
  /// are in one of the two.
  private func managed(
    _ table: ExternalTable, _ partitions: [ExternalPartition]
  ) throws -> [ExternalFile] {
    var places: [String: Int] = [:]
    for (index, partition) in partitions.enumerated() { places[String(partition.id)] = index }
    let rows = try connection.rows(
      """
      SELECT partition_id, location, byte_count FROM weir.external_file
      WHERE table_id = \(table.id) ORDER BY location
      """)
    return try rows.compactMap { row in
      guard let partition = row[0].flatMap({ places[$0] }), let location = row[1] else {
        return nil
      }
      return ExternalFile(
        path: try path(of: Self.address(location)), address: location,
        byteCount: row[2].flatMap(Int.init) ?? 0, modified: 0, partition: partition)
    }
  }

  // MARK: Listing

  static func address(_ location: String) throws(SQLError) -> ObjectAddress {
    do {
      return try ObjectAddress(parsing: location)
    } catch {
      throw SQLError("22023", "\(error)")
    }
  }

  private func listed(
    _ address: ObjectAddress, partition: Int
  ) throws -> [ExternalFile] {
    var folder = address
    while folder.key.hasSuffix("/") { folder.key.removeLast() }
    // What ends with a slash can be a folder only: its neighbours need not be looked at.
    let found = try list(folder.key == address.key ? folder : folder.appending("/"))
    if let manifest = found.first(where: { $0.address == folder }) {
      return try entries(of: manifest.address, partition: partition)
    }
    return try found.compactMap { try file($0, in: folder, partition: partition) }
  }

  private func listed(
    _ common: ObjectAddress, _ addresses: [ObjectAddress]
  ) throws -> [ExternalFile] {
    var places: [String: [Int]] = [:]
    for (index, address) in addresses.enumerated() {
      var key = address.key
      while key.hasSuffix("/") { key.removeLast() }
      places[key, default: []].append(index)
    }
    var files: [ExternalFile] = []
    for object in try list(common) {
      var key = object.address.key
      while let slash = key.lastIndex(of: "/") {
        key = String(key[..<slash])
        for index in places[key] ?? [] {
          let folder = ObjectAddress(bucket: common.bucket, key: key)
          if let file = try file(object, in: folder, partition: index) { files.append(file) }
        }
      }
      for index in places[object.address.key] ?? [] {
        files += try entries(of: object.address, partition: index)
      }
    }
    return files
  }

  /// - Returns: nil for what readers pass over: hidden files, and empty ones.
  private func file(
    _ object: ObjectSummary, in folder: ObjectAddress, partition: Int
  ) throws -> ExternalFile? {
    let key = object.address.key
    let rest = folder.key.isEmpty ? key[...] : key.dropFirst(folder.key.count + 1)
    guard folder.key.isEmpty || key.hasPrefix(folder.key + "/"), object.byteCount > 0,
      !rest.split(separator: "/").contains(where: Self.isHidden),
      !isUnsettled("\(object.address)")
    else { return nil }
    return ExternalFile(
      path: try path(of: object.address), address: "\(object.address)",
      byteCount: object.byteCount, modified: object.modified.microseconds, partition: partition)
  }

  /// "Redshift Spectrum ignores hidden files and files that begin with a period, underscore, or
  /// hash mark or end with a tilde" (docs: Creating external tables).
  private static func isHidden(_ name: Substring) -> Bool {
    name.hasPrefix(".") || name.hasPrefix("_") || name.hasPrefix("#") || name.hasSuffix("~")
  }

  private static func commonFolder(_ addresses: [ObjectAddress]) -> ObjectAddress? {
    guard let first = addresses.first, addresses.allSatisfy({ $0.bucket == first.bucket }) else {
      return nil
    }
    let common = addresses.reduce(first.key) { $0.commonPrefix(with: $1.key) }
    guard let slash = common.lastIndex(of: "/") else { return nil }
    return ObjectAddress(bucket: first.bucket, key: String(common[...slash]))
  }

  // MARK: Manifests

  private struct Manifest: Decodable {
    struct Entry: Decodable {
      struct Meta: Decodable {
        var size: Int?
        enum CodingKeys: String, CodingKey { case size = "content_length" }
      }
      var url: String
      var mandatory: Bool?
      var meta: Meta?
    }
    var entries: [Entry]
  }

  /// The files that a manifest names; one that is named twice is read twice.
  private func entries(
    of manifest: ObjectAddress, partition: Int
  ) throws -> [ExternalFile] {
    let bytes = try onStore { [objects] in try await objects.read(manifest, bytesMax: 64 << 20) }
    guard let content = try? JSONDecoder().decode(Manifest.self, from: Data(bytes)) else {
      throw SQLError(
        "22P02", "\(manifest) is no manifest",
        hint: "the location of an external table is a folder, or a manifest in JSON")
    }
    var files: [ExternalFile] = []
    for entry in content.entries {
      let address = try Self.address(entry.url)
      guard let found = try list(address).first(where: { $0.address == address }) else {
        guard entry.mandatory == true else { continue }
        throw SQLError("58P01", "the mandatory file \(entry.url) of \(manifest) does not exist")
      }
      files.append(
        ExternalFile(
          path: try path(of: address), address: "\(address)", byteCount: found.byteCount,
          modified: found.modified.microseconds, partition: partition))
    }
    return files
  }

  // MARK: The store

  private func path(of address: ObjectAddress) throws(SQLError) -> String {
    do {
      return try objects.location(of: address)
    } catch {
      throw SQLError("22023", "\(error)")
    }
  }

  private func list(_ prefix: ObjectAddress) throws -> [ObjectSummary] {
    try onStore { [objects] in try await objects.list(prefix) }
  }

  private func onStore<Value: Sendable>(
    _ body: @escaping @Sendable () async throws -> Value
  ) throws -> Value {
    do {
      return try BlockingWait.run(body)
    } catch let error as ObjectStoreError {
      throw SQLError("58030", "\(error)")
    }
  }
}
