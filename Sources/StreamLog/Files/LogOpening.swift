internal import Core
internal import Dispatch
internal import Foundation
internal import Synchronization

/// Opens what is in the log's folder.
struct LogOpening {
  let directory: String
  let configuration: StreamLog.Configuration

  private var fileSystem: any FileSystem { configuration.fileSystem }

  func streams() throws(StreamLogError) -> StreamLog.Streams {
    var streams = StreamLog.Streams()
    for name in try fileSystem.list(directory).sorted() {
      let path = directory + "/" + name
      if name.hasSuffix(".creating") || name.hasSuffix(".deleted") {
        remove(path)
      } else if name.hasSuffix(".stream") {
        let stream = String(name.dropLast(7))
        do throws(StreamLogError) {
          streams.open[stream] = try openStream(path)
        } catch {
          if case .unknownVersion = error { throw error }
          streams.broken[stream] = error
          configuration.reporter.report(
            .message(
              level: .error, source: "stream log",
              text: "stream \(stream) cannot be opened: \(error)"))
        }
      }
    }
    return streams
  }

  func openStream(_ path: String) throws(StreamLogError) -> StreamState {
    let description = try description(in: path)
    let environment = configuration.environment(ofStream: description.name)
    // Recovery reads every record: the shards share the processor's cores.
    let opened = Mutex(
      [Result<Shard, StreamLogError>?](
        repeating: nil, count: description.shards.count))
    DispatchQueue.concurrentPerform(iterations: description.shards.count) { index in
      let shard = description.shards[index]
      let result = Result { () throws(StreamLogError) in
        try Shard(
          description: shard, directory: path + "/" + shard.id.description,
          environment: environment)
      }
      opened.withLock { $0[index] = result }
    }
    var shards: [Shard] = []
    for case let result? in opened.withLock({ $0 }) { shards.append(try result.get()) }
    removeExpired(in: path, listed: Set(description.shards.map(\.index)))
    return StreamState(
      content: StreamState.Content(description: description, shards: shards), directory: path)
  }

  /// What is kept of a stream: out of its copy where the file itself is damaged or gone.
  private func description(in path: String) throws(StreamLogError) -> StreamDescription {
    do throws(StreamLogError) {
      let description = try StreamDescription.load(from: path, fileSystem: fileSystem)
      if copy(in: path) != description {
        description.saveCopy(to: path, fileSystem: fileSystem)
      }
      return description
    } catch {
      if case .unknownVersion = error { throw error }
      return try recover(path, from: error)
    }
  }

  private func copy(in path: String) -> StreamDescription? {
    try? StreamDescription.load(
      from: path, name: StreamDescription.copyName, fileSystem: fileSystem)
  }

  /// - Throws: `damage`, if there is no copy that fits the shards' folders, or the file cannot be
  ///   written again: the copy alone would not survive the next change.
  private func recover(
    _ path: String, from damage: StreamLogError
  ) throws(StreamLogError) -> StreamDescription {
    let file = path + "/" + StreamDescription.fileName
    guard let copy = copy(in: path) else { throw damage }
    // A shard that it does not know would be removed as one that has expired.
    let folders = try fileSystem.list(path).compactMap { ShardID($0) }
    guard folders.allSatisfy({ $0.index < copy.nextShard }) else { throw damage }
    // For whoever looks for the cause; there may be no file.
    try? fileSystem.rename(file, to: file + ".damaged")
    do throws(StreamLogError) {
      try fileSystem.replace(copy, at: file)
    } catch {
      throw damage
    }
    configuration.reporter.report(
      .message(
        level: .error, source: "stream log",
        text: "stream \(copy.name) was opened by its copy, \(StreamDescription.copyName), and "
          + "loses nothing: \(damage)"))
    return copy
  }

  /// Folders of shards that were taken off the list before a crash.
  private func removeExpired(in path: String, listed: Set<UInt32>) {
    for name in (try? fileSystem.list(path)) ?? [] {
      guard let id = ShardID(name), !listed.contains(id.index) else { continue }
      remove(path + "/" + name)
    }
  }

  /// What cannot be removed now is in nobody's way; the next start tries again.
  private func remove(_ path: String) {
    do throws(StreamLogError) {
      try fileSystem.removeTree(path)
    } catch {
      configuration.reporter.report(
        .message(level: .warning, source: "stream log", text: "cannot remove \(path): \(error)"))
    }
  }

  func account() throws(StreamLogError) -> AccountSettings {
    let path = directory + "/" + AccountFile.name
    guard try fileSystem.list(directory).contains(AccountFile.name) else {
      return AccountSettings()
    }
    let data = Data(try fileSystem.read(path))
    guard let file = try? JSONDecoder().decode(AccountFile.self, from: data) else {
      throw .corrupt(path: path, offset: 0, reason: "it does not describe an account")
    }
    guard file.version == AccountFile.currentVersion else {
      throw .unknownVersion(path: path, version: file.version)
    }
    return file.settings
  }
}

/// What is kept of the account, beside the streams.
struct AccountFile: Codable {
  static let name = "account.json"
  static let currentVersion = 1

  var format = "weir-account"
  var version = Self.currentVersion
  var settings: AccountSettings
}

extension StreamLog.Configuration {
  func environment(ofStream name: String) -> ShardEnvironment {
    ShardEnvironment(
      segmentBytesMax: segmentBytesMax, fileSystem: fileSystem, reporter: reporter, stream: name)
  }
}

extension FileSystem {
  /// Removes a stream's folder, or a shard's.
  func removeTree(_ path: String) throws(StreamLogError) {
    for name in try list(path) {
      let entry = path + "/" + name
      if name.hasPrefix("shardId-") {
        try removeTree(entry)
      } else {
        try removeFile(entry)
      }
    }
    try removeDirectory(path)
  }
}
