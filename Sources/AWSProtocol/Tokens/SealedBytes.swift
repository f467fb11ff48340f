/// The bytes behind the opaque texts that clients carry for us (iterators, page tokens): a kind
/// and version, fields, and a checksum, all in base64.
///
/// The checksum tells our own texts from mistyped, cut or foreign ones. It is no signature: who
/// may send a token may read the stream that it names anyway, and a key would have to outlive the
/// process, because a consumer's iterator must work across a restart.
enum SealedBytes {
  /// First eight bytes, as a big-endian number.
  enum Kind: UInt64 {
    case shardIterator1 = 1
    case shardPage1 = 0x1_0001
    case streamPage1 = 0x2_0001
    case consumerPage1 = 0x3_0001
  }

  struct Writer {
    private var bytes: [UInt8] = []

    init(_ kind: Kind) {
      append(kind.rawValue)
    }

    mutating func append(_ value: UInt64) {
      for shift in stride(from: 56, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
      }
    }

    /// At most 255 bytes of UTF-8.
    mutating func append(_ text: String) {
      let utf8 = text.utf8.prefix(255)
      bytes.append(UInt8(truncatingIfNeeded: utf8.count))
      bytes.append(contentsOf: utf8)
    }

    /// Appends zeros until the sealed bytes have the length of the service's own iterators, which
    /// are encrypted: 8 bytes and whole blocks of 16, 152 in all or more.
    mutating func fillBlocks() {
      let sealBytes = 8
      while bytes.count + sealBytes < 152 || (bytes.count + sealBytes) % 16 != 8 {
        bytes.append(0)
      }
    }

    consuming func sealed() -> String {
      append(SealedBytes.checksum(bytes[...]))
      var characters: [UInt8] = []
      bytes.withUnsafeBytes { Base64.encode($0, into: &characters) }
      return String(decoding: characters, as: UTF8.self)
    }
  }

  struct Reader {
    private var rest: ArraySlice<UInt8>

    /// nil if `text` is not one that a `Writer` of this kind sealed.
    init?(_ text: String, _ kind: Kind) {
      var text = text
      let decoded = text.withUTF8 { try? Base64.decode(UnsafeRawBufferPointer($0)) }
      guard let decoded, decoded.count >= 16 else { return nil }
      rest = decoded.suffix(8)
      let seal = number()
      let content = decoded.dropLast(8)
      guard seal == SealedBytes.checksum(content) else { return nil }
      rest = content
      guard number() == kind.rawValue else { return nil }
    }

    mutating func number() -> UInt64? {
      guard rest.count >= 8 else { return nil }
      let value = rest.prefix(8).reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
      rest = rest.dropFirst(8)
      return value
    }

    mutating func text() -> String? {
      guard let count = rest.first.map({ Int($0) }), rest.count > count else { return nil }
      let text = String(decoding: rest.dropFirst().prefix(count), as: UTF8.self)
      rest = rest.dropFirst(1 + count)
      return text
    }

    /// Whether nothing but filling is left.
    var isAtEnd: Bool { rest.allSatisfy { $0 == 0 } }
  }

  /// FNV-1a over 64 bits, with a last mixing so that the top bits depend on all bytes.
  static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    hash = (hash ^ (hash >> 32)) &* 0x9E37_79B9_7F4A_7C15
    return hash ^ (hash >> 29)
  }
}
