/// RFC 4648's base64, from and to bytes.
package enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let invalid: UInt8 = 255
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: invalid, count: 256)
    for (value, byte) in alphabet.enumerated() { values[Int(byte)] = UInt8(value) }
    return values
  }()

  /// nil for what is not base64. Padding may be missing.
  package static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    var text = text
    while text.last == 0x3D { text = text.dropLast() }
    guard text.count % 4 != 1 else { return nil }
    var data: [UInt8] = []
    data.reserveCapacity(text.count * 3 / 4)
    let isValid = values.withUnsafeBufferPointer { values in
      var bits: UInt32 = 0
      var count = 0
      for byte in text {
        let value = values[Int(byte)]
        guard value != invalid else { return false }
        bits = bits << 6 | UInt32(value)
        count += 6
        if count >= 8 {
          count -= 8
          data.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
      }
      return true
    }
    return isValid ? data : nil
  }

  package static func append(_ data: [UInt8], to out: inout [UInt8]) {
    out.reserveCapacity(out.count + (data.count + 2) / 3 * 4)
    var index = 0
    while index < data.count {
      let left = data.count - index
      let first = data[index]
      let second = left > 1 ? data[index + 1] : 0
      let third = left > 2 ? data[index + 2] : 0
      out.append(alphabet[Int(first >> 2)])
      out.append(alphabet[Int(first << 4 & 0x30 | second >> 4)])
      out.append(left > 1 ? alphabet[Int(second << 2 & 0x3C | third >> 6)] : 0x3D)
      out.append(left > 2 ? alphabet[Int(third & 0x3F)] : 0x3D)
      index += 3
    }
  }
}
