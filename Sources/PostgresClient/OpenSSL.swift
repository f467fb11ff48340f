#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The OpenSSL that libpq brings along.
enum OpenSSL {
  /// Has OpenSSL not take itself down while the program exits.
  ///
  /// It would pull the locks away from under a thread that is about to connect at that moment,
  /// which then crashes: a dashboard that tries to reach its engine while the user quits.
  /// Evaluated once, before libpq is first used.
  static let staysUntilTheEnd: Bool = {
    #if canImport(Glibc)
      let everywhere = UnsafeMutableRawPointer(bitPattern: 0)
    #else
      let everywhere = UnsafeMutableRawPointer(bitPattern: -2)
    #endif
    // OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL), since OpenSSL 1.1.1b.
    typealias Initializer = @convention(c) (UInt64, OpaquePointer?) -> Int32
    guard let symbol = dlsym(everywhere, "OPENSSL_init_crypto") else { return false }
    return unsafeBitCast(symbol, to: Initializer.self)(0x0008_0000, nil) == 1
  }()
}
