internal import CChecksum

/// RFC 1321. Kinesis places records by it; it protects nothing.
package enum MD5 {
  /// As an unsigned number of 128 bits, big endian.
  package static func number(_ bytes: UnsafeRawBufferPointer) -> UInt128 {
    var (high, low): (UInt64, UInt64) = (0, 0)
    weir_md5(bytes.baseAddress, bytes.count, &high, &low)
    return UInt128(high) << 64 | UInt128(low)
  }
}
