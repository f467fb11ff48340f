import Synchronization

/// The two names that AWS gives a request, for its own support.
///
/// They have to differ, not to be secret: the system's randomness is asked once, for a start.
enum RequestIdentity {
  private static let start = UInt64.random(in: 0...UInt64.max)
  private static let count = Atomic<UInt64>(0)

  /// SplitMix64, by Steele, Lea and Flood: one number of its sequence for each call.
  private static func next() -> UInt64 {
    let place = count.wrappingAdd(1, ordering: .relaxed).newValue
    var mixed = start &+ place &* 0x9E37_79B9_7F4A_7C15
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  private static let hexadecimal = Array("0123456789abcdef".utf8)
  private static let base64 = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// A random UUID (version 4), in lower case.
  static func requestID() -> String {
    var high = next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
    var low = next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    return String(unsafeUninitializedCapacity: 36) { bytes in
      for place in 0..<36 {
        if [8, 13, 18, 23].contains(place) {
          bytes[place] = UInt8(ascii: "-")
          continue
        }
        bytes[place] = hexadecimal[Int(high >> 60)]
        high = high << 4 | low >> 60
        low <<= 4
      }
      return 36
    }
  }

  /// 96 characters of base64.
  static func extendedID() -> String {
    String(unsafeUninitializedCapacity: 96) { bytes in
      var bits: UInt64 = 0
      for place in 0..<96 {
        if place % 10 == 0 { bits = next() }
        bytes[place] = base64[Int(bits & 63)]
        bits >>= 6
      }
      return 96
    }
  }
}
