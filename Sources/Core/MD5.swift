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

extension MD5 {
  /// Gathers short texts and computes them eight at a time, at the cost of little more than one.
  package struct Eight {
    /// UTF-8 of one text.
    package static let bytesMax = 55

    private var blocks = [UInt8](repeating: 0, count: 512)
    private var counts = [UInt8](repeating: 0, count: 8)
    private var numbers = [UInt64](repeating: 0, count: 16)
    private var places: [Int] = []

    package init() {}

    package var isFull: Bool { places.count == 8 }

    /// Takes a text of at most `bytesMax` bytes while there is room.
    ///
    /// - Parameter place: where in the array that `finish` fills its number goes.
    package mutating func add(_ text: String, place: Int) {
      var text = text
      let lane = places.count
      guard lane < 8, text.utf8.count <= Self.bytesMax else { return }
      text.withUTF8 { bytes in
        blocks.withUnsafeMutableBytes {
          UnsafeMutableRawBufferPointer(rebasing: $0[(64 * lane)...]).copyMemory(
            from: UnsafeRawBufferPointer(bytes))
        }
      }
      counts[lane] = UInt8(text.utf8.count)
      places.append(place)
    }

    /// Puts the numbers of the texts in their places, and begins anew.
    package mutating func finish(into array: inout [UInt128]) {
      guard !places.isEmpty else { return }
      weir_md5_eight(&blocks, counts, &numbers)
      for (lane, place) in places.enumerated() where array.indices.contains(place) {
        array[place] = UInt128(numbers[2 * lane]) << 64 | UInt128(numbers[2 * lane + 1])
      }
      places.removeAll(keepingCapacity: true)
    }
  }
}
