/// A part of a segment's file in memory. It is given back to the system with the last reader: a
/// scan of much more than the machine's memory stays small.
final class SliceMemory: Sendable {
  let mapping: Mapping
  private let range: Range<Int>

  /// Brings the range into memory. Blocking: reads the disk.
  ///
  /// - Parameter range: within the file, as `Segment.checkLength` has found out.
  /// - Throws: `.io` if the disk does not give it.
  init(_ mapping: Mapping, _ range: Range<Int>, path: String) throws(StreamLogError) {
    guard mapping.populate(range) else { throw .io(operation: "read", path: path, code: 5) }
    self.mapping = mapping
    self.range = range
  }

  deinit { mapping.release(range) }
}

extension Segment {
  /// Makes sure that the file is still as long as it was: memory behind its end must not be
  /// touched.
  ///
  /// - Throws: `.corrupt` if it was cut off; what is missing is noted as damage.
  func checkLength(_ end: Int) throws(StreamLogError) {
    let size = try file.size()
    guard size < end else { return }
    try verify()
    throw .corrupt(path: path, offset: size, reason: "the file was cut off here")
  }
}
