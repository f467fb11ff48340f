internal import Core
internal import RedshiftSQL

/// Cuts a file's bytes into records and those into fields.
final class RecordReader {
  /// A field of the record: bytes of the buffer, or of the scratch where it was unescaped.
  struct Field {
    var range: Range<Int>
    var isMade = false
    var isQuoted = false
  }

  /// What is wrong with a record as a whole.
  struct Damage: Error {
    var code: Int
    var reason: String
  }

  enum Step { case record, needsMore, end }

  /// Redshift's own limit of a row is 4 MB.
  static let recordBytesMax = 16 << 20

  private let stream: ByteStream
  let options: CopyOptions
  private(set) var buffer: [UInt8] = []
  private var cutter: FieldCutter
  /// Of the record in the buffer.
  private(set) var record = 0..<0
  /// Where it begins in the file, as UTF-8 and not compressed.
  private(set) var line = 0
  private(set) var offset = 0
  private var place = 0
  private var nextLine = 1
  private var discarded = 0
  private var isWhole = false

  var bytesRead: Int { stream.bytesRead }

  init(_ stream: ByteStream, options: CopyOptions) {
    self.stream = stream
    self.options = options
    cutter = FieldCutter(options: options)
  }

  var fields: [Field] { cutter.fields }
  var damage: Damage? { cutter.damage }

  /// The bytes of a field of the record.
  func withBytes<Value, Failure: Error>(
    _ field: Field, _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    if field.isMade {
      return try cutter.scratch.withUnsafeBufferPointer { bytes throws(Failure) in
        try body(UnsafeBufferPointer(rebasing: bytes[field.range]))
      }
    }
    return try buffer.withUnsafeBufferPointer { bytes throws(Failure) in
      try body(UnsafeBufferPointer(rebasing: bytes[field.range]))
    }
  }

  /// Moves to the next record, which may be damaged.
  ///
  /// - Returns: false behind the last.
  func next() throws -> Bool {
    while true {
      switch step() {
      case .record: return true
      case .end: return false
      case .needsMore: try refill()
      }
    }
  }

  private func refill() throws {
    if place > 0 {
      discarded += place
      buffer.removeSubrange(..<place)
      place = 0
    }
    guard buffer.count <= Self.recordBytesMax else {
      throw SQLError(
        "54000", "a record is longer than \(Self.recordBytesMax) bytes",
        detail: "it begins in line \(nextLine)")
    }
    isWhole = try !stream.read(into: &buffer)
  }

  private func step() -> Step {
    guard place < buffer.count else { return isWhole ? .end : .needsMore }
    cutter.reset(isWhole: isWhole)
    let end = buffer.withUnsafeBufferPointer { cutter.cut($0, from: place) }
    guard let end else { return .needsMore }
    line = nextLine + cutter.linesBefore
    offset = discarded + cutter.start
    record = cutter.start..<end.content
    nextLine += cutter.lineCount
    place = end.next
    return cutter.isEmptyEnd ? .end : .record
  }
}
