/// `Fingerprint64` of Google's FarmHash, for FARMFINGERPRINT64.
///
/// Source: the algorithm of farmhash.cc (namespace `farmhashna`), which is fixed: fingerprints are
/// the same everywhere and for ever.
package enum FarmHash {
  private static let k0: UInt64 = 0xC3A5_C85C_97CB_3127
  private static let k1: UInt64 = 0xB492_B66F_BE98_F273
  private static let k2: UInt64 = 0x9AE1_6A3B_2F90_404F

  private struct Pair {
    var first: UInt64 = 0
    var second: UInt64 = 0
  }

  package static func fingerprint(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    switch bytes.count {
    case 0...16: upTo16(bytes)
    case 17...32: upTo32(bytes)
    case 33...64: upTo64(bytes)
    default: long(bytes)
    }
  }

  private static func word(_ bytes: UnsafeBufferPointer<UInt8>, _ offset: Int) -> UInt64 {
    UnsafeRawBufferPointer(bytes).loadUnaligned(fromByteOffset: offset, as: UInt64.self)
  }

  private static func half(_ bytes: UnsafeBufferPointer<UInt8>, _ offset: Int) -> UInt64 {
    UInt64(UnsafeRawBufferPointer(bytes).loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
    value >> count | value << (64 - count)
  }

  private static func mix(_ value: UInt64) -> UInt64 { value ^ (value >> 47) }

  private static func hash(_ u: UInt64, _ v: UInt64, _ factor: UInt64) -> UInt64 {
    let a = mix((u ^ v) &* factor)
    return mix((v ^ a) &* factor) &* factor
  }

  private static func factor(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    k2 &+ UInt64(bytes.count) &* 2
  }

  private static func upTo16(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    let count = bytes.count
    let factor = factor(bytes)
    if count >= 8 {
      let a = word(bytes, 0) &+ k2
      let b = word(bytes, count - 8)
      let c = rotate(b, 37) &* factor &+ a
      let d = (rotate(a, 25) &+ b) &* factor
      return hash(c, d, factor)
    }
    if count >= 4 {
      return hash(UInt64(count) &+ (half(bytes, 0) << 3), half(bytes, count - 4), factor)
    }
    guard count > 0 else { return k2 }
    let y = UInt64(bytes[0]) + UInt64(bytes[count >> 1]) << 8
    let z = UInt64(count) + UInt64(bytes[count - 1]) << 2
    return mix(y &* k2 ^ z &* k0) &* k2
  }

  private static func upTo32(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    let count = bytes.count
    let factor = factor(bytes)
    let a = word(bytes, 0) &* k1
    let b = word(bytes, 8)
    let c = word(bytes, count - 8) &* factor
    let d = word(bytes, count - 16) &* k2
    return hash(
      rotate(a &+ b, 43) &+ rotate(c, 30) &+ d, a &+ rotate(b &+ k2, 18) &+ c, factor)
  }

  private static func upTo64(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    let count = bytes.count
    let factor = factor(bytes)
    let a = word(bytes, 0) &* k2
    let b = word(bytes, 8)
    let c = word(bytes, count - 8) &* factor
    let d = word(bytes, count - 16) &* k2
    let y = rotate(a &+ b, 43) &+ rotate(c, 30) &+ d
    let z = hash(y, a &+ rotate(b &+ k2, 18) &+ c, factor)
    let e = word(bytes, 16) &* factor
    let f = word(bytes, 24)
    let g = (y &+ word(bytes, count - 32)) &* factor
    let h = (z &+ word(bytes, count - 24)) &* factor
    return hash(
      rotate(e &+ f, 43) &+ rotate(g, 30) &+ h, e &+ rotate(f &+ a, 18) &+ g, factor)
  }

  private static func weak(
    _ bytes: UnsafeBufferPointer<UInt8>, _ offset: Int, _ a: UInt64, _ b: UInt64
  ) -> Pair {
    let (w, x) = (word(bytes, offset), word(bytes, offset + 8))
    let (y, z) = (word(bytes, offset + 16), word(bytes, offset + 24))
    let start = a &+ w
    var second = rotate(b &+ start &+ z, 21)
    let first = start &+ x &+ y
    second = second &+ rotate(first, 44)
    return Pair(first: first &+ z, second: second &+ start)
  }

  /// What goes from one 64 bytes to the next.
  private struct State {
    var x: UInt64
    var y: UInt64
    var z: UInt64
    var v = Pair()
    var w = Pair()

    mutating func take(
      _ bytes: UnsafeBufferPointer<UInt8>, _ offset: Int, factor: UInt64, scale: UInt64
    ) {
      x = rotate(x &+ y &+ v.first &+ word(bytes, offset + 8), 37) &* factor
      y = rotate(y &+ v.second &+ word(bytes, offset + 48), 42) &* factor
      x ^= w.second &* scale
      y = y &+ v.first &* scale &+ word(bytes, offset + 40)
      z = rotate(z &+ w.first, 33) &* factor
      v = weak(bytes, offset, v.second &* factor, x &+ w.first)
      w = weak(bytes, offset + 32, z &+ w.second, y &+ word(bytes, offset + 16))
      swap(&z, &x)
    }
  }

  private static func long(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    let seed: UInt64 = 81
    let y = seed &* k1 &+ 113
    var state = State(x: seed &* k2 &+ word(bytes, 0), y: y, z: mix(y &* k2 &+ 113) &* k2)
    let end = (bytes.count - 1) / 64 * 64
    let rest = (bytes.count - 1) & 63
    for offset in stride(from: 0, to: end, by: 64) {
      state.take(bytes, offset, factor: k1, scale: 1)
    }
    let factor = k1 &+ (state.z & 0xFF) << 1
    state.w.first = state.w.first &+ UInt64(rest)
    state.v.first = state.v.first &+ state.w.first
    state.w.first = state.w.first &+ state.v.first
    state.take(bytes, end + rest - 63, factor: factor, scale: 9)
    return hash(
      hash(state.v.first, state.w.first, factor) &+ mix(state.y) &* k0 &+ state.z,
      hash(state.v.second, state.w.second, factor) &+ state.x, factor)
  }
}
