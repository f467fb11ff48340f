internal import CFiles

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
  /// Reads up to `buffer.count` bytes at `offset`; fewer only at the file's end.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(StreamLogError)
    -> Int
  /// Tells the system that a range that was just written will be synced soon, so that the disk
  /// can begin. A hint: it fails silently, and makes nothing durable.
  func beginSync(_ range: Range<Int>)
  /// Returns when the content is on the disk (fdatasync).
  func sync() throws(StreamLogError)
  func truncate(to size: Int) throws(StreamLogError)
  /// Maps `length` bytes from the start, more than the file has if it is to grow. Only what lies
  /// within the file may be touched.
  func map(length: Int) throws(StreamLogError) -> Mapping
}

extension LogFile {
  func write(_ bytes: [UInt8], at offset: Int) throws(StreamLogError) {
    let result = bytes.withUnsafeBytes { buffer in
      Result { () throws(StreamLogError) in try write(buffer, at: offset) }
    }
    try result.get()
  }
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

  /// Brings a range into memory, so that touching it does not raise SIGBUS where the disk cannot
  /// read it or the file has shrunk.
  ///
  /// - Returns: false if the range cannot be read. Where the system has no such call, true.
  func populate(_ range: Range<Int>) -> Bool {
    #if canImport(Glibc)
      let (start, count) = pages(of: range)
      // MADV_POPULATE_READ (22) of Linux 5.14, which Glibc's headers here may not have.
      if madvise(start, count, 22) == 0 { return true }
      return errno == EINVAL || errno == EINTR || errno == EAGAIN
    #else
      return true
    #endif
  }

  /// Lets go of a range's memory; touched again, it is read from the file again.
  func release(_ range: Range<Int>) {
    let (start, count) = pages(of: range)
    madvise(start, count, MADV_DONTNEED)
  }

  private func pages(of range: Range<Int>) -> (UnsafeMutableRawPointer, Int) {
    let page = 16 << 10
    let start = range.lowerBound / page * page
    return (
      UnsafeMutableRawPointer(mutating: base + start), max(0, min(range.upperBound, length) - start)
    )
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
    var bytes = [UInt8](repeating: 0, count: try file.size())
    let count = try bytes.withUnsafeMutableBytes { buffer in
      Result { () throws(StreamLogError) in try file.read(into: buffer, at: 0) }
    }.get()
    return Array(bytes.prefix(count))
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

  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(StreamLogError) -> Int {
    var done = 0
    while done < buffer.count {
      let count = pread(
        descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done,
        off_t(offset + done))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .io(operation: "read", path: path, code: errno) }
      if count == 0 { break }
      done += count
    }
    return done
  }

  func beginSync(_ range: Range<Int>) {
    weir_begin_sync(descriptor, Int64(range.lowerBound), Int64(range.count))
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
