import Foundation

/// Cuts a file's bytes into lines, whatever encoding they have.
struct LineReader {
  private let handle: FileHandle
  private var buffer: [UInt8] = []
  private var offset = 0
  private var isAtEnd = false

  init(_ handle: FileHandle) {
    self.handle = handle
  }

  /// The next line without its end (`\n` or `\r\n`); nil behind the last. Blocks.
  mutating func next() throws -> [UInt8]? {
    var searched = offset
    while true {
      if let end = buffer[searched...].firstIndex(of: 0x0A) {
        defer { offset = end + 1 }
        return line(to: end)
      }
      searched = buffer.count
      if isAtEnd {
        guard offset < buffer.count else { return nil }
        defer { offset = buffer.count }
        return line(to: buffer.count)
      }
      if offset > 0 {
        buffer.removeFirst(offset)
        searched -= offset
        offset = 0
      }
      if let more = try handle.read(upToCount: 1 << 20), !more.isEmpty {
        buffer.append(contentsOf: more)
      } else {
        isAtEnd = true
      }
    }
  }

  private func line(to end: Int) -> [UInt8] {
    var end = end
    if end > offset, buffer[end - 1] == 0x0D { end -= 1 }
    return Array(buffer[offset..<end])
  }
}
