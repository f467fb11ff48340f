internal import Core
internal import Foundation
internal import RedshiftSQL

/// A file's bytes as UTF-8, whatever it was compressed and encoded with, piece by piece.
final class ByteStream {
  private let handle: Int32
  private let path: String
  private let codec: Codec?
  private var decoder: UTF16Reading?
  private var piece = [UInt8](repeating: 0, count: 256 << 10)
  private var isFirst = true
  /// Bytes of the file that were read.
  private(set) var bytesRead = 0

  init(path: String, compression: FileCompression?, encoding: CopyOptions.Encoding) throws(SQLError)
  {
    self.path = path
    handle = open(path, O_RDONLY | O_CLOEXEC)
    guard handle >= 0 else { throw LocalFile.failure(path, "read") }
    do {
      codec = try compression.map { compression throws(SQLError) in
        try Codec(compression, compresses: false)
      }
    } catch {
      close(handle)
      throw error
    }
    decoder = encoding == .utf8 ? nil : UTF16Reading(encoding)
  }

  deinit { close(handle) }

  /// Adds the next bytes.
  ///
  /// - Returns: false behind the last.
  func read(into buffer: inout [UInt8]) throws -> Bool {
    let before = buffer.count
    while buffer.count == before {
      let count = try next()
      if count == 0 {
        try finish(&buffer)
        return buffer.count > before
      }
      bytesRead += count
      try piece.withUnsafeBytes { bytes in
        let bytes = UnsafeRawBufferPointer(rebasing: bytes[..<count])
        guard let codec else { return try add(bytes, to: &buffer) }
        isWhole = try codec.run(bytes, isLast: false) { try add($0, to: &buffer) }
      }
    }
    return true
  }

  private var isWhole = true
  private var isEnded = false

  private func next() throws -> Int {
    guard !isEnded else { return 0 }
    while true {
      let count = piece.withUnsafeMutableBytes { Foundation.read(handle, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw LocalFile.failure(path, "read") }
      return count
    }
  }

  private func finish(_ buffer: inout [UInt8]) throws {
    guard !isEnded else { return }
    isEnded = true
    if !isWhole { throw SQLError("22P04", "the compressed data ends too early") }
    try decoder?.finish()
  }

  private func add(_ bytes: UnsafeRawBufferPointer, to buffer: inout [UInt8]) throws {
    defer { isFirst = isFirst && bytes.isEmpty }
    if decoder != nil {
      try decoder?.add(bytes, to: &buffer)
      return
    }
    // A byte order mark is none of the data.
    let skipped = isFirst && bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    buffer.append(contentsOf: bytes[skipped...])
  }
}

/// UTF-16 to UTF-8.
private struct UTF16Reading {
  private var isBigEndian: Bool?
  private let needsMark: Bool
  private var odd: UInt8?
  private var high: UInt16?

  init(_ encoding: CopyOptions.Encoding) {
    needsMark = encoding == .utf16
    isBigEndian = encoding == .utf16 ? nil : encoding == .utf16be
  }

  private static func wrong() -> SQLError {
    SQLError("22021", "the encoding of the file is not the same as that specified in COPY")
  }

  mutating func add(_ bytes: UnsafeRawBufferPointer, to buffer: inout [UInt8]) throws {
    for byte in bytes {
      guard let first = odd else {
        odd = byte
        continue
      }
      odd = nil
      guard let isBigEndian else {
        if first == 0xFF, byte == 0xFE {
          isBigEndian = false
        } else if first == 0xFE, byte == 0xFF {
          isBigEndian = true
        } else {
          throw Self.wrong()
        }
        continue
      }
      let unit = isBigEndian ? UInt16(first) << 8 | UInt16(byte) : UInt16(byte) << 8 | UInt16(first)
      try add(unit, to: &buffer)
    }
  }

  private mutating func add(_ unit: UInt16, to buffer: inout [UInt8]) throws {
    if let high {
      guard (0xDC00...0xDFFF).contains(unit) else { throw Self.wrong() }
      self.high = nil
      append((UInt32(high) - 0xD800) << 10 + (UInt32(unit) - 0xDC00) + 0x10000, to: &buffer)
    } else if (0xD800...0xDBFF).contains(unit) {
      high = unit
    } else if (0xDC00...0xDFFF).contains(unit) {
      throw Self.wrong()
    } else if unit != 0xFEFF {
      append(UInt32(unit), to: &buffer)
    }
  }

  private func append(_ value: UInt32, to buffer: inout [UInt8]) {
    guard let scalar = Unicode.Scalar(value) else { return }
    buffer.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
  }

  func finish() throws {
    if odd != nil || high != nil { throw Self.wrong() }
  }
}
