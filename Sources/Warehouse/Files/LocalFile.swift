internal import Core
internal import Foundation

/// A file that is written from its beginning to its end.
final class LocalFile {
  private let handle: Int32
  let path: String
  private(set) var byteCount = 0

  init(creating path: String) throws(SQLError) {
    self.path = path
    handle = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard handle >= 0 else { throw Self.failure(path) }
  }

  deinit { close(handle) }

  func append(_ bytes: UnsafeRawBufferPointer) throws(SQLError) {
    var place = 0
    while place < bytes.count {
      let count = write(handle, bytes.baseAddress?.advanced(by: place), bytes.count - place)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Self.failure(path) }
      place += count
    }
    byteCount += bytes.count
  }

  static func failure(_ path: String, _ verb: String = "write") -> SQLError {
    let code = errno
    return SQLError(
      code == ENOSPC ? "53100" : "58030",
      "could not \(verb) \"\(path)\": \(String(cString: strerror(code)))")
  }
}
