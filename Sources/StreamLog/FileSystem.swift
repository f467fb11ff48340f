#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The operating system's files, as far as the log needs them: a port, so that tests can make
/// the disk fail.
package protocol FileSystem: Sendable {
  /// Opens for reading and writing, making the file if asked to.
  func open(_ path: String, create: Bool) throws(StreamLogError) -> any LogFile
  func read(_ path: String) throws(StreamLogError) -> [UInt8]
  /// The names in a folder, without `.` and `..`; unordered.
  func list(_ path: String) throws(StreamLogError) -> [String]
  func makeDirectory(_ path: String) throws(StreamLogError)
  func rename(_ path: String, to: String) throws(StreamLogError)
  func removeFile(_ path: String) throws(StreamLogError)
  func removeDirectory(_ path: String) throws(StreamLogError)
  /// Makes the folder's entries durable.
  func syncDirectory(_ path: String) throws(StreamLogError)
}

/// An open file.
package protocol LogFile: Sendable, AnyObject {
  var path: String { get }
  func size() throws(StreamLogError) -> Int
  /// Writes all of `bytes` at `offset`.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(StreamLogError)
  /// Returns when the content is on the disk (fdatasync).
  func sync() throws(StreamLogError)
  func truncate(to size: Int) throws(StreamLogError)
  /// Maps `length` bytes from the start, more than the file has if it is to grow. Only what lies
  /// within the file may be touched.
  func map(length: Int) throws(StreamLogError) -> Mapping
}

/// Memory that shows a file; unmapped with the last reference.
package final class Mapping: Sendable {
  // Set once, and read only.
  nonisolated(unsafe) package let base: UnsafeRawPointer
  private let length: Int

  package init(base: UnsafeRawPointer, length: Int) {
    self.base = base
    self.length = length
  }

  deinit {
    munmap(UnsafeMutableRawPointer(mutating: base), length)
  }
}

/// The machine's own files.
package struct LocalFileSystem: FileSystem {
  package init() {}

  package func open(_ path: String, create: Bool) throws(StreamLogError) -> any LogFile {
    let flags = O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0)
    #if canImport(Glibc)
      let descriptor = Glibc.open(path, flags, 0o600)
    #else
      let descriptor = Darwin.open(path, flags, 0o600)
    #endif
    guard descriptor >= 0 else { throw .io(operation: "open", path: path, code: errno) }
    return LocalFile(path: path, descriptor: descriptor)
  }

  package func read(_ path: String) throws(StreamLogError) -> [UInt8] {
    let file = try open(path, create: false)
    let size = try file.size()
    guard size > 0 else { return [] }
    let mapping = try file.map(length: size)
    return Array(UnsafeRawBufferPointer(start: mapping.base, count: size))
  }

  package func list(_ path: String) throws(StreamLogError) -> [String] {
    guard let directory = opendir(path) else {
      throw .io(operation: "list", path: path, code: errno)
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  package func makeDirectory(_ path: String) throws(StreamLogError) {
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
      throw .io(operation: "make the folder", path: path, code: errno)
    }
  }

  package func rename(_ path: String, to: String) throws(StreamLogError) {
    #if canImport(Glibc)
      let state = Glibc.rename(path, to)
    #else
      let state = Darwin.rename(path, to)
    #endif
    guard state == 0 else { throw .io(operation: "rename", path: path, code: errno) }
  }

  package func removeFile(_ path: String) throws(StreamLogError) {
    guard unlink(path) == 0 || errno == ENOENT else {
      throw .io(operation: "remove", path: path, code: errno)
    }
  }

  package func removeDirectory(_ path: String) throws(StreamLogError) {
    guard rmdir(path) == 0 || errno == ENOENT else {
      throw .io(operation: "remove", path: path, code: errno)
    }
  }

  package func syncDirectory(_ path: String) throws(StreamLogError) {
    #if canImport(Glibc)
      let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    #else
      let descriptor = Darwin.open(path, O_RDONLY | O_CLOEXEC)
    #endif
    guard descriptor >= 0 else { throw .io(operation: "open", path: path, code: errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .io(operation: "sync", path: path, code: errno) }
  }
}

private final class LocalFile: LogFile {
  let path: String
  private let descriptor: Int32

  init(path: String, descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  func size() throws(StreamLogError) -> Int {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw .io(operation: "examine", path: path, code: errno)
    }
    return Int(status.st_size)
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(StreamLogError) {
    var done = 0
    while done < bytes.count {
      let written = pwrite(
        descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset + done))
      if written < 0, errno == EINTR { continue }
      guard written > 0 else {
        throw .io(operation: "write", path: path, code: written < 0 ? errno : ENOSPC)
      }
      done += written
    }
  }

  func sync() throws(StreamLogError) {
    #if canImport(Glibc)
      let state = fdatasync(descriptor)
    #else
      let state = fsync(descriptor)
    #endif
    guard state == 0 else { throw .io(operation: "sync", path: path, code: errno) }
  }

  func truncate(to size: Int) throws(StreamLogError) {
    guard ftruncate(descriptor, off_t(size)) == 0 else {
      throw .io(operation: "truncate", path: path, code: errno)
    }
  }

  func map(length: Int) throws(StreamLogError) -> Mapping {
    let pointer = mmap(nil, length, PROT_READ, MAP_SHARED, descriptor, 0)
    guard let pointer, pointer != MAP_FAILED else {
      throw .io(operation: "map", path: path, code: errno)
    }
    return Mapping(base: UnsafeRawPointer(pointer), length: length)
  }
}
