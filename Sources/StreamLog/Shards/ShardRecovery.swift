internal import Core

/// Opens what is in a shard's folder.
struct ShardRecovery {
  let description: ShardDescription
  let directory: String
  let environment: ShardEnvironment

  private var fileSystem: any FileSystem { environment.fileSystem }

  /// - Throws: `.unknownVersion`; a disk that cannot be read is noted in the state instead.
  func run() throws(StreamLogError) -> Shard.State {
    do throws(StreamLogError) {
      return try open()
    } catch {
      if case .unknownVersion = error { throw error }
      environment.warn("\(environment.stream), \(description.id) cannot be opened: \(error)")
      return Shard.State(
        segments: [], nextOrdinal: description.closing?.endOrdinal ?? 0,
        closing: description.closing,
        condition: ShardCondition(reason: error, mustOpen: true))
    }
  }

  /// The folder's state; also for another try after the disk came back.
  func open() throws(StreamLogError) -> Shard.State {
    var state = Shard.State(segments: [], nextOrdinal: 0, closing: description.closing)
    let files = try files()
    for (position, file) in files.enumerated() {
      let isLast = position == files.count - 1
      let end = isLast ? description.closing?.endOrdinal : files[position + 1].first
      try open(file, endOrdinal: end, in: &state)
    }
    if let closing = description.closing, state.segments.isEmpty {
      state.nextOrdinal = closing.endOrdinal
    }
    return state
  }

  private struct File {
    var path: String
    var first: UInt64
  }

  private func files() throws(StreamLogError) -> [File] {
    let names: [String]
    do throws(StreamLogError) {
      names = try fileSystem.list(directory)
    } catch {
      // ENOENT: the shard never held a record.
      if case .io(_, _, 2) = error { return [] }
      throw error
    }
    var files: [File] = []
    for name in names.sorted() where name.hasSuffix(".segment") {
      guard let first = UInt64(name.dropLast(8)) else {
        environment.warn("\(directory)/\(name) is no segment: its name has no ordinal")
        continue
      }
      files.append(File(path: directory + "/" + name, first: first))
    }
    return files
  }

  private func open(
    _ entry: File, endOrdinal: UInt64?, in state: inout Shard.State
  ) throws(StreamLogError) {
    let file = try fileSystem.open(entry.path, create: false)
    let size = try file.size()
    if size < RecordFormat.fileHeaderSize, endOrdinal ?? entry.first == entry.first {
      // The crash came between making the file and its header: it never held a record. The
      // next append makes it anew.
      state.nextOrdinal = entry.first
      return
    }
    var recovery = try SegmentRecovery.run(
      file, size: size, firstOrdinal: entry.first, endOrdinal: endOrdinal)
    try checkHeader(of: entry, file, size: size, in: &recovery)
    if recovery.tail > 0 { cut(recovery, file, entry.path, in: &state) }
    report(recovery.extent.damages, path: entry.path)
    if endOrdinal == nil, !recovery.extent.damages.isEmpty {
      // Nothing more is written into a damaged file.
      state.condition.mustRoll = true
    }
    state.segments.append(
      Segment(
        path: entry.path, shard: description.index, firstOrdinal: entry.first, file: file,
        capacity: environment.capacity, extent: recovery.extent))
  }

  /// A header that tells of another shard or place, and one that is damaged where the records do
  /// not show whose they are, make the file unreadable as a whole.
  private func checkHeader(
    of entry: File, _ file: any LogFile, size: Int, in recovery: inout SegmentRecovery
  ) throws(StreamLogError) {
    var scanner = SegmentScanner(file: file, size: size)
    let header = try scanner.bytes(0..<min(size, RecordFormat.fileHeaderSize))
    do throws(StreamLogError) {
      try RecordFormat.check(
        fileHeader: header, path: entry.path, shard: description.index,
        firstOrdinal: entry.first)
    } catch {
      guard case .corrupt(_, let offset, let reason) = error else { throw error }
      if !RecordFormat.isWhole(fileHeader: header), try isOurs(recovery.extent, &scanner) {
        recovery.extent.damages.insert(
          Segment.Damage(
            ordinals: entry.first..<entry.first, offsets: 0..<RecordFormat.fileHeaderSize,
            reason: "its header is damaged; its records are read by their own checksums"), at: 0)
        return
      }
      recovery.extent.damages = [
        Segment.Damage(
          ordinals: entry.first..<max(recovery.extent.endOrdinal, entry.first + 1),
          offsets: offset..<recovery.extent.end, reason: reason)
      ]
      recovery.extent.endOrdinal = max(recovery.extent.endOrdinal, entry.first + 1)
      recovery.extent.index = []
    }
  }

  /// Whether the first whole record that was found can be the shard's: its ordinal follows from
  /// the file's name, and its hash key is in the shard's range.
  private func isOurs(
    _ extent: Segment.Extent, _ scanner: inout SegmentScanner
  ) throws(StreamLogError) -> Bool {
    guard let first = extent.index.first, let header = try scanner.header(at: first.offset) else {
      return false
    }
    return description.hashRange.contains(header.hashKey)
  }

  private func cut(
    _ recovery: SegmentRecovery, _ file: any LogFile, _ path: String, in state: inout Shard.State
  ) {
    environment.warn("cut \(recovery.tail) bytes of a torn write off \(path)")
    do throws(StreamLogError) {
      try file.truncate(to: recovery.extent.end)
      try file.sync()
    } catch {
      state.condition.mustCut = true
    }
  }

  private func report(_ damages: [Segment.Damage], path: String) {
    for damage in damages {
      environment.reporter.report(
        .message(
          level: .error, source: "stream log",
          text: "\(path) is damaged at byte \(damage.offsets.lowerBound): \(damage.reason) "
            + "(\(damage.ordinals.count) records cannot be read)"))
    }
  }
}
