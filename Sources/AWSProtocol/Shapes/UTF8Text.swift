/// Text out of a request's bytes.
enum UTF8Text {
  /// nil if the bytes are no UTF-8.
  ///
  /// Nearly all keys and names are ASCII, which needs no more than a look at each eight bytes;
  /// the library's check of the rest is generic, and slow to call.
  static func string(_ bytes: UnsafeRawBufferPointer) -> String? {
    isASCII(bytes)
      ? String(decoding: bytes, as: UTF8.self) : String(validating: bytes, as: UTF8.self)
  }

  private static func isASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var found: UInt64 = 0
    var offset = 0
    while offset + 8 <= bytes.count {
      found |= bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      offset += 8
    }
    while offset < bytes.count {
      found |= UInt64(bytes[offset])
      offset += 1
    }
    return found & 0x8080_8080_8080_8080 == 0
  }
}
