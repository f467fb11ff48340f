import Engine
import Foundation

/// Cuts a file's bytes into lines, whatever encoding they have. A line ends with `\n` or `\r\n`;
/// any other `\r` belongs to it.
struct LineReader {
  private let file: FileHandle
  private let name: String
  private var buffer: [UInt8] = []
  private var offset = 0
  private var isAtEnd = false

  /// - Parameter name: what errors call the file.
  init(_ file: FileHandle, name: String) {
    self.file = file
    self.name = name
  }

  /// - Throws: `EngineError` that says why the file cannot be read.
  init(path: String) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw EngineError("cannot read \(path): \(systemReason(code: errno))")
    }
    self.init(FileHandle(fileDescriptor: descriptor, closeOnDealloc: true), name: path)
  }

  /// The next line without its end; nil behind the last. Blocks.
  mutating func next() throws -> [UInt8]? {
    var searched = offset
    while true {
      if let end = buffer[searched...].firstIndex(of: 0x0A) {
        defer { offset = end + 1 }
        let isCRLF = end > offset && buffer[end - 1] == 0x0D
        return Array(buffer[offset..<(isCRLF ? end - 1 : end)])
      }
      searched = buffer.count
      if isAtEnd {
        guard offset < buffer.count else { return nil }
        defer { offset = buffer.count }
        return Array(buffer[offset...])
      }
      if offset > 0 {
        buffer.removeFirst(offset)
        searched -= offset
        offset = 0
      }
      isAtEnd = try !fill()
    }
  }

  /// Everything that is left. Blocks.
  mutating func rest() throws -> [UInt8] {
    while try fill() {}
    isAtEnd = true
    defer { offset = buffer.count }
    return Array(buffer[offset...])
  }

  /// - Returns: false at the end of the file.
  private mutating func fill() throws -> Bool {
    let room = 1 << 20
    let descriptor = file.fileDescriptor
    let part = [UInt8](unsafeUninitializedCapacity: room) { bytes, count in
      var got = read(descriptor, bytes.baseAddress, room)
      while got < 0, errno == EINTR { got = read(descriptor, bytes.baseAddress, room) }
      count = max(0, got)
      failure = got < 0 ? errno : 0
    }
    guard failure == 0 else {
      throw EngineError("cannot read \(name): \(systemReason(code: failure))")
    }
    buffer += part
    return !part.isEmpty
  }

  /// The `errno` value of the last read.
  private var failure: Int32 = 0
}
