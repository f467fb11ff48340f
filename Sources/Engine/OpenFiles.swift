#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// How many files and sockets this process may have open.
package enum OpenFiles {
  /// Systems without a limit of their own state absurd ones.
  private static let countMax: rlim_t = 1 << 20

  #if canImport(Glibc)
    private static var resource: __rlimit_resource_t {
      __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    }
  #else
    private static var resource: Int32 { RLIMIT_NOFILE }
  #endif

  /// How many there may be now.
  package static var limit: Int {
    var limit = rlimit()
    return getrlimit(resource, &limit) == 0 ? Int(clamping: limit.rlim_cur) : 0
  }

  /// Raises the limit as far as the system lets a user: shells start programs with 1,024, and
  /// each shard of a stream keeps a file open. What cannot be raised stays as it was.
  package static func raiseLimit() {
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0 else { return }
    let wanted = min(limit.rlim_max, countMax)
    guard limit.rlim_cur < wanted else { return }
    limit.rlim_cur = wanted
    setrlimit(resource, &limit)
  }
}
