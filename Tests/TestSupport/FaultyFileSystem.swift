package import Dispatch
package import StreamLog
import Synchronization

/// The machine's files, until a test makes them fail.
///
/// A rule sees every call that changes something (and those that read, by name) and says whether
/// it fails. `stop(after:)` makes a process that was killed: from some call on nothing reaches
/// the disk any more.
package final class FaultyFileSystem: FileSystem {
  package enum Operation: Sendable, Equatable {
    case open, read, list, makeDirectory, rename, removeFile, removeDirectory, syncDirectory
    case write, sync, truncate, map

    /// Whether the disk is another after it.
    var changesDisk: Bool {
      switch self {
      case .open, .read, .list, .map: false
      default: true
      }
    }
  }

  package struct Call: Sendable {
    package var operation: Operation
    package var path: String
    /// Counts the calls that change the disk, from 1.
    package var number: Int
  }

  package enum Fault: Sendable {
    /// Nothing is done, and the call fails with this `errno` value.
    case fails(Int32)
    /// A write writes so much, then fails.
    case tears(bytes: Int, Int32)
    /// A sync fails, and what was written since the one before is zeros now: what a page cache
    /// may do after the disk refused.
    case losesWrites(Int32)
    /// The call blocks until the group is left, and is then done.
    case hangs(DispatchGroup)
  }

  package typealias Rule = @Sendable (Call) -> Fault?

  private struct State {
    var rule: Rule?
    var count = 0
  }

  private let local = LocalFileSystem()
  private let state = Mutex(State())

  package init() {}

  /// nil: nothing fails (any more).
  package func setRule(_ rule: Rule?) { state.withLock { $0.rule = rule } }

  /// Calls that changed the disk.
  package var changeCount: Int { state.withLock { $0.count } }

  /// Lets so many changes of the disk pass, and none after; a write that comes then is torn.
  package func stop(after changes: Int) {
    setRule { call in
      guard call.operation.changesDisk, call.number > changes else { return nil }
      let isFirst = call.number == changes + 1
      return isFirst && call.operation == .write ? .tears(bytes: 40, 5) : .fails(5)
    }
  }

  fileprivate func fault(_ operation: Operation, _ path: String) -> Fault? {
    let (rule, number) = state.withLock { state in
      if operation.changesDisk { state.count += 1 }
      return (state.rule, state.count)
    }
    return rule?(Call(operation: operation, path: path, number: number))
  }

  fileprivate func check(_ operation: Operation, _ path: String) throws(StreamLogError) {
    switch fault(operation, path) {
    case nil: return
    case .hangs(let group): group.wait()
    case .fails(let code), .tears(_, let code), .losesWrites(let code):
      throw .io(operation: "\(operation)", path: path, code: code)
    }
  }

  package func open(_ path: String, create: Bool) throws(StreamLogError) -> any LogFile {
    try check(.open, path)
    return FaultyFile(try local.open(path, create: create), self)
  }

  package func read(_ path: String) throws(StreamLogError) -> [UInt8] {
    try check(.read, path)
    return try local.read(path)
  }

  package func list(_ path: String) throws(StreamLogError) -> [String] {
    try check(.list, path)
    return try local.list(path)
  }

  package func makeDirectory(_ path: String) throws(StreamLogError) {
    try check(.makeDirectory, path)
    try local.makeDirectory(path)
  }

  package func rename(_ path: String, to: String) throws(StreamLogError) {
    try check(.rename, path)
    try local.rename(path, to: to)
  }

  package func removeFile(_ path: String) throws(StreamLogError) {
    try check(.removeFile, path)
    try local.removeFile(path)
  }

  package func removeDirectory(_ path: String) throws(StreamLogError) {
    try check(.removeDirectory, path)
    try local.removeDirectory(path)
  }

  package func syncDirectory(_ path: String) throws(StreamLogError) {
    try check(.syncDirectory, path)
    try local.syncDirectory(path)
  }
}

private final class FaultyFile: LogFile {
  private let file: any LogFile
  private let system: FaultyFileSystem
  private let unsynced = Mutex<[Range<Int>]>([])

  init(_ file: any LogFile, _ system: FaultyFileSystem) {
    self.file = file
    self.system = system
  }

  var path: String { file.path }

  func size() throws(StreamLogError) -> Int { try file.size() }

  private func waited(_ fault: FaultyFileSystem.Fault?) -> FaultyFileSystem.Fault? {
    if case .hangs(let group) = fault { group.wait() }
    return fault
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(StreamLogError) {
    switch waited(system.fault(.write, path)) {
    case nil, .hangs:
      unsynced.withLock { $0.append(offset..<(offset + bytes.count)) }
      try file.write(bytes, at: offset)
    case .tears(let count, let code):
      try file.write(UnsafeRawBufferPointer(rebasing: bytes.prefix(count)), at: offset)
      throw .io(operation: "write", path: path, code: code)
    case .fails(let code), .losesWrites(let code):
      throw .io(operation: "write", path: path, code: code)
    }
  }

  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(StreamLogError) -> Int {
    try system.check(.read, path)
    return try file.read(into: buffer, at: offset)
  }

  func beginSync(_ range: Range<Int>) { file.beginSync(range) }

  func sync() throws(StreamLogError) {
    switch waited(system.fault(.sync, path)) {
    case nil, .hangs:
      try file.sync()
      unsynced.withLock { $0 = [] }
    case .losesWrites(let code):
      let lost = unsynced.withLock { ranges in
        defer { ranges = [] }
        return ranges
      }
      for range in lost {
        let zeros = [UInt8](repeating: 0, count: range.count)
        let result = zeros.withUnsafeBytes { bytes in
          Result { () throws(StreamLogError) in try file.write(bytes, at: range.lowerBound) }
        }
        try result.get()
      }
      throw .io(operation: "sync", path: path, code: code)
    case .fails(let code), .tears(_, let code):
      throw .io(operation: "sync", path: path, code: code)
    }
  }

  func truncate(to size: Int) throws(StreamLogError) {
    try system.check(.truncate, path)
    try file.truncate(to: size)
  }

  func map(length: Int) throws(StreamLogError) -> Mapping {
    try system.check(.map, path)
    return try file.map(length: length)
  }
}
