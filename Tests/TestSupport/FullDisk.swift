import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// A file system of some MiB in memory: a real disk that gets full, or read-only.
package final class FullDisk: Sendable {
  package let path: String
  private let directory: TemporaryDirectory

  /// Whether this process may mount: it is root on Linux, and its container lets it.
  package static let isPossible: Bool = {
    let probe = FileManager.default.temporaryDirectory.path + "/weir-mount-\(UUID().uuidString)"
    guard mkdir(probe, 0o700) == 0 else { return false }
    defer { rmdir(probe) }
    guard mountMemory(at: probe, mebibytes: 1) else { return false }
    unmount(probe)
    return true
  }()

  package init(mebibytes: Int) throws {
    directory = try TemporaryDirectory()
    path = directory.path
    guard Self.mountMemory(at: path, mebibytes: mebibytes) else { throw POSIXError(.EPERM) }
  }

  deinit { Self.unmount(path) }

  package func grow(mebibytes: Int) throws {
    guard Self.mountMemory(at: path, mebibytes: mebibytes, again: true) else {
      throw POSIXError(.EPERM)
    }
  }

  /// - Throws: `POSIXError` where the system refuses, as it does while files are open for writing.
  package func setReadOnly(_ isReadOnly: Bool) throws {
    #if canImport(Glibc)
      let (readOnly, remount): (UInt, UInt) = (1, 32)
      guard mount("tmpfs", path, "tmpfs", remount | (isReadOnly ? readOnly : 0), nil) == 0 else {
        throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EPERM)
      }
    #endif
  }

  private static func mountMemory(at path: String, mebibytes: Int, again: Bool = false) -> Bool {
    #if canImport(Glibc)
      let remount: UInt = 32
      return mount("tmpfs", path, "tmpfs", again ? remount : 0, "size=\(mebibytes)m") == 0
    #else
      return false
    #endif
  }

  private static func unmount(_ path: String) {
    #if canImport(Glibc)
      let detach: Int32 = 2
      umount2(path, detach)
    #endif
  }
}
