internal import CCompression
internal import Core
internal import RedshiftSQL

/// One stream of bytes that is compressed, or was.
final class Codec {
  private let handle: OpaquePointer
  private let name: String
  private var output = [UInt8](repeating: 0, count: 256 << 10)

  init(_ compression: FileCompression, compresses: Bool) throws(SQLError) {
    let kind =
      switch compression {
      case .gzip: WEIR_GZIP
      case .bzip2: WEIR_BZIP2
      case .zstd: WEIR_ZSTD
      }
    name = compression.rawValue
    guard let handle = weir_codec_make(Int32(kind), compresses) else {
      throw SQLError("53200", "out of memory for \(compression.rawValue)")
    }
    self.handle = handle
  }

  deinit { weir_codec_free(handle) }

  /// Passes what comes out of `input` to `sink`.
  ///
  /// - Returns: whether the stream is whole so far.
  /// - Throws: `SQLError` 22P04 for damaged input.
  @discardableResult
  func run(
    _ input: UnsafeRawBufferPointer, isLast: Bool,
    sink: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> Bool {
    var place = 0
    while true {
      var (consumed, made) = (0, 0)
      let rest = UnsafeRawBufferPointer(rebasing: input[place...])
      let state = output.withUnsafeMutableBufferPointer { output in
        weir_codec_run(
          handle, rest.baseAddress?.assumingMemoryBound(to: UInt8.self), rest.count, &consumed,
          output.baseAddress, output.count, &made, isLast)
      }
      guard state >= 0 else { throw SQLError("22P04", "the \(name) data is damaged") }
      place += consumed
      if made > 0 {
        try output.withUnsafeBytes { try sink(UnsafeRawBufferPointer(rebasing: $0[..<made])) }
      }
      let isDone = place == input.count && made < output.count
      if isDone, state == 1 || !isLast || (consumed == 0 && made == 0) { return state == 1 }
    }
  }
}
