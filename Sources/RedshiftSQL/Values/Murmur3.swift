/// The 32-bit hash Murmur3 (x86), for MURMUR3_32_HASH.
///
/// What of a value is hashed is said by Apache Iceberg's specification, appendix B: whole numbers,
/// dates (days) and times (microseconds) as 8 bytes, the lowest first; texts as UTF-8; DECIMALs as
/// the fewest bytes of their digits, the highest first.
package enum Murmur3 {
  package static func hash(_ bytes: UnsafeBufferPointer<UInt8>, seed: UInt32) -> UInt32 {
    let raw = UnsafeRawBufferPointer(bytes)
    let whole = bytes.count & ~3
    var hash = seed
    for offset in stride(from: 0, to: whole, by: 4) {
      hash ^= scrambled(raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
      hash = rotate(hash, 13) &* 5 &+ 0xE654_6B64
    }
    var tail: UInt32 = 0
    for (place, byte) in bytes[whole...].enumerated() { tail |= UInt32(byte) << UInt32(place * 8) }
    if whole < bytes.count { hash ^= scrambled(tail) }
    hash ^= UInt32(truncatingIfNeeded: bytes.count)
    hash = (hash ^ hash >> 16) &* 0x85EB_CA6B
    hash = (hash ^ hash >> 13) &* 0xC2B2_AE35
    return hash ^ hash >> 16
  }

  package static func hash(_ number: Int64, seed: UInt32) -> UInt32 {
    withUnsafeBytes(of: number.littleEndian) {
      hash($0.assumingMemoryBound(to: UInt8.self), seed: seed)
    }
  }

  private static func scrambled(_ block: UInt32) -> UInt32 {
    rotate(block &* 0xCC9E_2D51, 15) &* 0x1B87_3593
  }

  private static func rotate(_ value: UInt32, _ count: UInt32) -> UInt32 {
    value << count | value >> (32 - count)
  }
}
