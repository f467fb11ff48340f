internal import Core
internal import DuckDB
internal import RedshiftSQL

/// Writes the lines of an UNLOAD into files of a staging folder.
///
/// Lines are dealt out to as many files as there are slices; those of a partition go to one, and
/// come one partition after the other. A file that is full is followed by its next part.
final class TextFiles {
  struct Written {
    var path: String
    var partition: [String?]
    var slice: Int
    var part: Int
    var rows: Int
    var bytes: Int
  }

  private final class Slice {
    let number: Int
    var part = 0
    var file: LocalFile?
    var codec: Codec?
    var buffer: [UInt8] = []
    var rows = 0
    /// Before compression.
    var bytes = 0

    init(number: Int) { self.number = number }
  }

  private let directory: String
  private let options: UnloadOptions
  private let header: [UInt8]
  private var slices: [Slice]
  private var partition: [String?] = []
  private var fileCount = 0
  private(set) var written: [Written] = []
  private static let bufferMax = 256 << 10

  init(directory: String, options: UnloadOptions, header: String?, sliceCount: Int) {
    self.directory = directory
    self.options = options
    self.header = header.map { Array($0.utf8) + [0x0A] } ?? []
    let count = options.isParallel && options.partitionColumns.isEmpty ? sliceCount : 1
    slices = (0..<max(1, count)).map(Slice.init)
  }

  /// - Parameters:
  ///   - chunk: lines in its first column, the values of the partition's columns behind it.
  ///   - number: which chunk of the result it is.
  func append(_ chunk: DataChunk, number: Int) throws {
    let slice = slices[number % slices.count]
    for row in 0..<chunk.rowCount {
      if chunk.columnCount > 1 {
        let values = (1..<chunk.columnCount).map { chunk.string(row: row, column: $0) }
        if values != partition || fileCount == 0 {
          try finish(slice)
          slice.part = 0
          partition = values
        }
      }
      try chunk.withBytes(row: row, column: 0) { try append($0, to: slice) }
    }
  }

  private func append(_ line: UnsafeBufferPointer<UInt8>, to slice: Slice) throws {
    let size = line.count + 1
    if slice.rows > 0, slice.codec == nil, slice.bytes + size > options.fileBytesMax {
      try finish(slice)
    }
    if slice.codec != nil, let file = slice.file, file.byteCount >= options.fileBytesMax {
      try finish(slice)
    }
    if slice.file == nil { try begin(slice) }
    slice.buffer.append(contentsOf: line)
    slice.buffer.append(0x0A)
    slice.rows += 1
    slice.bytes += size
    if slice.buffer.count >= Self.bufferMax { try flush(slice, isLast: false) }
  }

  private func begin(_ slice: Slice) throws {
    slice.file = try LocalFile(creating: "\(directory)/\(fileCount)")
    fileCount += 1
    slice.codec = try options.compression.map { compression throws(SQLError) in
      try Codec(compression, compresses: true)
    }
    slice.buffer.append(contentsOf: header)
    slice.bytes = header.count
  }

  private func flush(_ slice: Slice, isLast: Bool) throws {
    guard let file = slice.file else { return }
    try slice.buffer.withUnsafeBytes { bytes in
      guard let codec = slice.codec else { return try file.append(bytes) }
      try codec.run(bytes, isLast: isLast) { try file.append($0) }
    }
    slice.buffer.removeAll(keepingCapacity: true)
  }

  private func finish(_ slice: Slice) throws {
    guard let file = slice.file else { return }
    try flush(slice, isLast: true)
    written.append(
      Written(
        path: file.path, partition: partition, slice: slice.number, part: slice.part,
        rows: slice.rows, bytes: file.byteCount))
    slice.file = nil
    slice.codec = nil
    slice.rows = 0
    slice.part += 1
  }

  /// Ends the files. Without a row there is one that is empty but for its header.
  func finish() throws {
    if fileCount == 0, options.partitionColumns.isEmpty { try begin(slices[0]) }
    for slice in slices { try finish(slice) }
  }
}
