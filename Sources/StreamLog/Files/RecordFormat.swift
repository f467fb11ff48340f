internal import Core

/// How a segment file and the records in it are laid out. Integers are little endian.
///
/// A file: header of 64 bytes, then records without gaps. A record: 52 bytes of header, the
/// partition key, the data.
///
/// | bytes | what |
/// |---|---|
/// | 0..<4 | bytes of the whole record |
/// | 4..<8 | CRC32C of what follows |
/// | 8..<16 | ordinal in the shard |
/// | 16..<24 | arrival, microseconds since 1970 |
/// | 24..<40 | hash key |
/// | 40..<44 | bytes of this file that were durable when the record was written |
/// | 44..<48 | bytes of the partition key |
/// | 48..<52 | bytes of the data |
///
/// The durable length tells recovery a torn tail from damage: what comes before it was on the
/// disk once, so a bad record there is damage.
enum RecordFormat {
  static let headerSize = 52
  static let fileHeaderSize = 64
  static let magic: [UInt8] = Array("WEIRSEG\0".utf8)
  static let version: UInt32 = 1

  struct Header {
    var size: Int
    var checksum: UInt32
    var ordinal: UInt64
    var arrivedAt: Int64
    var hashKey: UInt128
    var durable: Int
    var keySize: Int
    var dataSize: Int
  }

  /// The header at `offset`, which the caller knows to lie within the file.
  static func header(at base: UnsafeRawPointer, _ offset: Int) -> Header {
    let start = base + offset
    func word<Value: FixedWidthInteger & BitwiseCopyable>(_ at: Int, _: Value.Type) -> Value {
      Value(littleEndian: start.loadUnaligned(fromByteOffset: at, as: Value.self))
    }
    return Header(
      size: Int(word(0, UInt32.self)), checksum: word(4, UInt32.self),
      ordinal: word(8, UInt64.self), arrivedAt: word(16, Int64.self),
      hashKey: word(24, UInt128.self), durable: Int(word(40, UInt32.self)),
      keySize: Int(word(44, UInt32.self)), dataSize: Int(word(48, UInt32.self)))
  }

  /// The header of a whole, undamaged record at `offset`; nil if there is none.
  static func validHeader(at base: UnsafeRawPointer, _ offset: Int, limit: Int) -> Header? {
    guard offset + headerSize <= limit else { return nil }
    let header = header(at: base, offset)
    guard header.size >= headerSize, header.size == headerSize + header.keySize + header.dataSize,
      offset + header.size <= limit
    else { return nil }
    let body = UnsafeRawBufferPointer(start: base + offset + 8, count: header.size - 8)
    return CRC32C.checksum(body) == header.checksum ? header : nil
  }

  /// Writes a record, which takes `headerSize` bytes more than its data and key, at `target`.
  static func write(
    _ record: NewRecord, hashKey: UInt128, ordinal: UInt64, arrivedAt: Int64, durable: Int,
    to target: UnsafeMutableRawPointer
  ) -> Header {
    var key = record.partitionKey
    let keySize = key.utf8.count
    let size = headerSize + keySize + record.data.count
    func put<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value, _ offset: Int) {
      target.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self)
    }
    put(UInt32(truncatingIfNeeded: size), 0)
    put(ordinal, 8)
    put(arrivedAt, 16)
    put(hashKey, 24)
    put(UInt32(truncatingIfNeeded: durable), 40)
    put(UInt32(truncatingIfNeeded: keySize), 44)
    put(UInt32(truncatingIfNeeded: record.data.count), 48)
    key.withUTF8 { bytes in
      UnsafeMutableRawBufferPointer(start: target + headerSize, count: keySize)
        .copyMemory(from: UnsafeRawBufferPointer(bytes))
    }
    record.data.withUnsafeBytes { bytes in
      UnsafeMutableRawBufferPointer(start: target + headerSize + keySize, count: bytes.count)
        .copyMemory(from: bytes)
    }
    let checksum = CRC32C.checksum(UnsafeRawBufferPointer(start: target + 8, count: size - 8))
    put(checksum, 4)
    return Header(
      size: size, checksum: checksum, ordinal: ordinal, arrivedAt: arrivedAt, hashKey: hashKey,
      durable: durable, keySize: keySize, dataSize: record.data.count)
  }

  static func fileHeader(shard: UInt32, firstOrdinal: UInt64) -> [UInt8] {
    var header = magic
    withUnsafeBytes(of: version.littleEndian) { header.append(contentsOf: $0) }
    withUnsafeBytes(of: shard.littleEndian) { header.append(contentsOf: $0) }
    withUnsafeBytes(of: firstOrdinal.littleEndian) { header.append(contentsOf: $0) }
    let checksum = CRC32C.checksum(header)
    withUnsafeBytes(of: checksum.littleEndian) { header.append(contentsOf: $0) }
    return header + [UInt8](repeating: 0, count: fileHeaderSize - header.count)
  }

  /// Whether a file's header has its own checksum, whatever it says.
  static func isWhole(fileHeader found: [UInt8]) -> Bool {
    guard found.count == fileHeaderSize else { return false }
    return withUnsafeBytes(of: CRC32C.checksum(Array(found.prefix(24))).littleEndian) {
      $0.elementsEqual(found[24..<28])
    }
  }

  /// - Throws: `.unknownVersion`, or `.corrupt` if it is no segment of this shard and place.
  static func check(
    fileHeader found: [UInt8], path: String, shard: UInt32, firstOrdinal: UInt64
  ) throws(StreamLogError) {
    guard found.count == fileHeaderSize, Array(found.prefix(8)) == magic else {
      throw .corrupt(path: path, offset: 0, reason: "it is not a segment of a Weir stream")
    }
    let version = found[8..<12].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    guard version == Self.version else {
      throw .unknownVersion(path: path, version: Int(version))
    }
    guard found == fileHeader(shard: shard, firstOrdinal: firstOrdinal) else {
      throw .corrupt(path: path, offset: 8, reason: "its header is of another shard or place")
    }
  }
}
