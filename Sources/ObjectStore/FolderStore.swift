internal import Core
internal import Foundation

/// Objects as files: `s3://bucket/a/b` is `<folder>/bucket/a/b`.
///
/// A bucket comes into being with its first object. A key that no file can have is refused: with
/// an empty part, `.` or `..`, a part of more than 255 bytes, or one below another object.
package final class FolderStore: ObjectStore {
  package let access: S3Configuration? = nil
  private let folder: String
  private let queue = BlockingQueue(label: "weir.objects")

  /// Blocking: makes the folder, and removes what a crash left half done.
  package init(folder: String) throws(ObjectStoreError) {
    self.folder = folder
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try? FileManager.default.removeItem(atPath: folder + "/.staging")
      try FileManager.default.createDirectory(
        atPath: folder + "/.staging", withIntermediateDirectories: true)
    } catch {
      throw .failed(folder, reason: error.localizedDescription)
    }
  }

  // MARK: Names

  package func location(of address: ObjectAddress) throws(ObjectStoreError) -> String {
    guard ObjectAddress.isBucketName(address.bucket) else {
      throw .invalidAddress("\(address)", "\"\(address.bucket)\" is no name of a bucket")
    }
    let parts = address.key.split(separator: "/", omittingEmptySubsequences: false)
    for part in parts {
      guard !part.isEmpty, part != ".", part != "..", part.utf8.count <= 255, !part.contains("\0")
      else { throw .invalidAddress("\(address)", "\"\(part)\" cannot be a part of a file's name") }
    }
    return "\(folder)/\(address.bucket)/\(address.key)"
  }

  package func address(ofLocation location: String) -> ObjectAddress? {
    guard location.hasPrefix(folder + "/") else { return nil }
    let parts = location.dropFirst(folder.count + 1).split(separator: "/", maxSplits: 1)
    guard parts.count == 2, ObjectAddress.isBucketName(String(parts[0])) else { return nil }
    return ObjectAddress(bucket: String(parts[0]), key: String(parts[1]))
  }

  // MARK: Reading

  package func list(_ prefix: ObjectAddress) async throws(ObjectStoreError) -> [ObjectSummary] {
    guard ObjectAddress.isBucketName(prefix.bucket) else {
      throw .invalidAddress("\(prefix)", "\"\(prefix.bucket)\" is no name of a bucket")
    }
    return try await onQueue("\(prefix)") { [self] () throws(ObjectStoreError) in
      // The folder in which every such key lies; its parts must be what a file's name can have.
      let whole = prefix.key.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      guard !whole.contains(where: { ["", ".", ".."].contains($0) }) else { return [] }
      var found: [ObjectSummary] = []
      let parent = whole.map { $0 + "/" }.joined()
      guard Self.isInside(folder, [prefix.bucket] + whole.map(String.init)) else { return [] }
      let start = prefix.key.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
      Self.walk("\(folder)/\(prefix.bucket)", below: parent, start) { key, status in
        guard key.hasPrefix(prefix.key) else { return }
        found.append(
          ObjectSummary(
            address: ObjectAddress(bucket: prefix.bucket, key: key),
            byteCount: Int(status.st_size), modified: Self.modified(status)))
      }
      return found.sorted { $0.address < $1.address }
    }
  }

  package func localPath(of address: ObjectAddress) async throws(ObjectStoreError) -> String? {
    let path = try location(of: address)
    return try await onQueue("\(address)") { [self] () throws(ObjectStoreError) in
      var status = stat()
      guard isObject(address), stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
        throw .noSuchObject(address)
      }
      return path
    }
  }

  package func download(
    _ address: ObjectAddress, to path: String
  ) async throws(ObjectStoreError) {
    let source = try location(of: address)
    try await onQueue("\(address)") { [self] () throws(ObjectStoreError) in
      guard isObject(address) else { throw .noSuchObject(address) }
      do {
        try FileManager.default.copyItem(atPath: source, toPath: path)
      } catch {
        throw .failed("\(address)", reason: error.localizedDescription)
      }
    }
  }

  package func read(
    _ address: ObjectAddress, bytesMax: Int
  ) async throws(ObjectStoreError) -> [UInt8] {
    let path = try location(of: address)
    return try await onQueue("\(address)") { [self] () throws(ObjectStoreError) in
      guard isObject(address) else { throw .noSuchObject(address) }
      let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
      guard file >= 0 else { throw Self.failure("\(address)", address) }
      defer { close(file) }
      var status = stat()
      guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
        throw .noSuchObject(address)
      }
      guard status.st_size <= bytesMax else {
        throw .failed("\(address)", reason: "it has more than \(bytesMax) bytes")
      }
      var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
      var count = 0
      while count < bytes.count {
        let got = bytes.withUnsafeMutableBytes {
          pread(file, $0.baseAddress.map { $0 + count }, $0.count - count, off_t(count))
        }
        guard got > 0 else { throw Self.failure("\(address)", address) }
        count += got
      }
      return bytes
    }
  }

  // MARK: Writing

  package func put(
    file path: String, as address: ObjectAddress, replaces: Bool
  ) async throws(ObjectStoreError) -> ObjectSummary {
    let target = try location(of: address)
    return try await onQueue("\(address)") { [self] () throws(ObjectStoreError) in
      guard isInside(address) else {
        throw .failed("\(address)", reason: "its folder is a link, which is not followed")
      }
      try Self.sync(path)
      try makeDirectories(of: address)
      if replaces {
        guard rename(path, target) == 0 else { throw Self.failure("\(address)", nil) }
      } else {
        // A link to an existing name fails, where a rename would replace.
        guard link(path, target) == 0 else {
          if errno == EEXIST { throw .alreadyExists(address) }
          throw Self.failure("\(address)", nil)
        }
        unlink(path)
      }
      try Self.sync(Self.parent(of: target))
      var status = stat()
      guard stat(target, &status) == 0 else { throw Self.failure("\(address)", address) }
      return ObjectSummary(
        address: address, byteCount: Int(status.st_size), modified: Self.modified(status))
    }
  }

  package func delete(_ address: ObjectAddress) async throws(ObjectStoreError) {
    let target = try location(of: address)
    try await onQueue("\(address)") { [self] () throws(ObjectStoreError) in
      guard isInside(address) else { return }
      guard unlink(target) == 0 else {
        if errno == ENOENT || errno == ENOTDIR || errno == EISDIR { return }
        throw Self.failure("\(address)", nil)
      }
      try Self.sync(Self.parent(of: target))
      // Folders are no objects: an empty one goes, up to the bucket's.
      var parent = Self.parent(of: target)
      while parent.utf8.count > folder.utf8.count + address.bucket.utf8.count + 1,
        rmdir(parent) == 0
      {
        parent = Self.parent(of: parent)
      }
    }
  }

  package func stagingDirectory() async throws(ObjectStoreError) -> String {
    let path = "\(folder)/.staging/\(UUID().uuidString)"
    return try await onQueue(path) { () throws(ObjectStoreError) in
      guard mkdir(path, 0o700) == 0 else { throw Self.failure("the staging folder", nil) }
      return path
    }
  }

  // MARK: Files

  private func onQueue<Value: Sendable>(
    _ what: String, _ body: @escaping @Sendable () throws(ObjectStoreError) -> Value
  ) async throws(ObjectStoreError) -> Value {
    do {
      return try await queue.run { try body() }
    } catch let error as ObjectStoreError {
      throw error
    } catch {
      throw .failed(what, reason: "\(error)")
    }
  }

  /// Links are not followed: what they point at are no objects, and may be anybody's files.
  private func isInside(_ address: ObjectAddress) -> Bool {
    let parts = address.key.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    return Self.isInside(folder, [address.bucket] + parts.map(String.init))
  }

  private func isObject(_ address: ObjectAddress) -> Bool {
    var status = stat()
    return isInside(address)
      && lstat("\(folder)/\(address.bucket)/\(address.key)", &status) == 0
      && status.st_mode & S_IFMT == S_IFREG
  }

  /// Whether none of the folders below the first is a link. Those that are not there are none.
  private static func isInside(_ folder: String, _ parts: [String]) -> Bool {
    var path = folder
    for part in parts {
      path += "/" + part
      var status = stat()
      guard lstat(path, &status) == 0 else { return true }
      guard status.st_mode & S_IFMT != S_IFLNK else { return false }
    }
    return true
  }

  private func makeDirectories(of address: ObjectAddress) throws(ObjectStoreError) {
    var path = folder
    for part in [address.bucket] + address.key.split(separator: "/").dropLast().map(String.init) {
      let parent = path
      path += "/" + part
      if mkdir(path, 0o755) == 0 {
        try Self.sync(parent)
      } else if errno != EEXIST {
        throw Self.failure("\(address)", nil)
      }
    }
  }

  /// - Parameter start: what the names in the parent begin with.
  private static func walk(
    _ bucket: String, below parent: String, _ start: Substring,
    _ body: (String, stat) -> Void
  ) {
    guard let entries = try? FileManager.default.contentsOfDirectory(atPath: "\(bucket)/\(parent)")
    else { return }
    for name in entries where start.isEmpty || name.hasPrefix(start) {
      var status = stat()
      guard lstat("\(bucket)/\(parent)\(name)", &status) == 0 else { continue }
      switch status.st_mode & S_IFMT {
      case S_IFDIR: walk(bucket, below: parent + name + "/", "", body)
      case S_IFREG: body(parent + name, status)
      default: break
      }
    }
  }

  private static func parent(of path: String) -> String {
    String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex))
  }

  private static func sync(_ path: String) throws(ObjectStoreError) {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw failure(path, nil) }
    defer { close(file) }
    guard fsync(file) == 0 else { throw failure(path, nil) }
  }

  private static func modified(_ status: stat) -> Timestamp {
    #if os(Linux)
      let time = status.st_mtim
    #else
      let time = status.st_mtimespec
    #endif
    return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
  }

  /// What `errno` says now.
  private static func failure(_ what: String, _ address: ObjectAddress?) -> ObjectStoreError {
    let code = errno
    if code == ENOENT, let address { return .noSuchObject(address) }
    return .failed(what, reason: String(cString: strerror(code)))
  }
}
