#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Where the time of day comes from. Tests and the headless demo pass their own.
package protocol WallClock: Sendable {
  func now() -> Timestamp
}

/// The machine's clock.
package struct SystemClock: WallClock {
  package init() {}

  package func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(
      microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
  }
}
