internal import Core
internal import Foundation

/// What is kept of a stream beside its records, in `stream.json`.
///
/// The file is replaced as a whole, so that a change of several shards is there or not. Version
/// 1, which knew no resharding, is read too.
struct StreamDescription: Codable, Sendable, Equatable {
  static let format = "weir-stream"
  static let version = 2

  var format = Self.format
  var version = Self.version
  var name: String
  var id: String
  var mode: StreamSummary.Mode
  var createdAt: Timestamp
  var retentionHours = 24
  var recordBytesMax = 1 << 20
  /// The number of the next shard that is made.
  var nextShard: UInt32
  /// In the order of their numbers.
  var shards: [ShardDescription]
  /// Shards that held records and have expired, so that readers know what they missed.
  var expired: [ExpiredShard] = []
  var settings = StreamSettings()
  /// The newest changes of the shards, oldest first.
  var history: [Resharding] = []

  /// How much of `expired` and `history` is kept.
  static let historyMax = 256

  init(
    name: String, id: String, mode: StreamSummary.Mode, createdAt: Timestamp,
    shards: [ShardDescription]
  ) {
    self.name = name
    self.id = id
    self.mode = mode
    self.createdAt = createdAt
    self.shards = shards
    nextShard = UInt32(shards.count)
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    name = try values.decode(String.self, forKey: .name)
    id = try values.decode(String.self, forKey: .id)
    mode = try values.decode(StreamSummary.Mode.self, forKey: .mode)
    createdAt = try values.decode(Timestamp.self, forKey: .createdAt)
    retentionHours = try values.decode(Int.self, forKey: .retentionHours)
    shards = try values.decode([ShardDescription].self, forKey: .shards)
    let following = (shards.map(\.index).max() ?? 0) &+ 1
    guard try values.decode(Int.self, forKey: .version) > 1 else {
      nextShard = following
      return
    }
    nextShard = max(following, try values.decode(UInt32.self, forKey: .nextShard))
    recordBytesMax = try values.decode(Int.self, forKey: .recordBytesMax)
    expired = try values.decode([ExpiredShard].self, forKey: .expired)
    settings = try values.decode(StreamSettings.self, forKey: .settings)
    history = try values.decode([Resharding].self, forKey: .history)
  }
}

struct ShardDescription: Codable, Sendable, Equatable {
  /// How a shard that takes no more records ended.
  struct Closing: Codable, Sendable, Equatable {
    var at: Timestamp
    /// The ordinal behind its last record.
    var endOrdinal: UInt64
  }

  var index: UInt32
  var hashStart: UInt128
  var hashEnd: UInt128
  var createdAt: Timestamp
  /// The creation time in the shard's sequence numbers: later than the parents', whatever the
  /// clock said.
  var epoch: UInt64
  var parent: UInt32?
  var adjacentParent: UInt32?
  var closing: Closing?

  private enum CodingKeys: CodingKey {
    case index, hashStart, hashEnd, createdAt, epoch, parent, adjacentParent, closing
  }

  var id: ShardID { ShardID(index: index) }
  var hashRange: ClosedRange<UInt128> { hashStart...hashEnd }

  init(
    index: UInt32, range: ClosedRange<UInt128>, createdAt: Timestamp,
    parents: [ShardDescription] = []
  ) {
    self.index = index
    hashStart = range.lowerBound
    hashEnd = range.upperBound
    self.createdAt = createdAt
    let second = UInt64(clamping: createdAt.microseconds / 1_000_000)
    epoch = max(second, (parents.map(\.epoch).max() ?? 0) + (parents.isEmpty ? 0 : 1))
    parent = parents.first?.index
    adjacentParent = parents.dropFirst().first?.index
  }

  /// Hash keys are decimal strings: JSON's numbers do not hold them.
  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    index = try values.decode(UInt32.self, forKey: .index)
    createdAt = try values.decode(Timestamp.self, forKey: .createdAt)
    epoch =
      try values.decodeIfPresent(UInt64.self, forKey: .epoch)
      ?? UInt64(clamping: createdAt.microseconds / 1_000_000)
    parent = try values.decodeIfPresent(UInt32.self, forKey: .parent)
    adjacentParent = try values.decodeIfPresent(UInt32.self, forKey: .adjacentParent)
    closing = try values.decodeIfPresent(Closing.self, forKey: .closing)
    func hashKey(_ key: CodingKeys) throws -> UInt128 {
      guard let value = UInt128(try values.decode(String.self, forKey: key)) else {
        throw DecodingError.dataCorruptedError(
          forKey: key, in: values, debugDescription: "not a number of 128 bits")
      }
      return value
    }
    hashStart = try hashKey(.hashStart)
    hashEnd = try hashKey(.hashEnd)
    guard hashStart <= hashEnd else {
      throw DecodingError.dataCorruptedError(
        forKey: .hashEnd, in: values, debugDescription: "the hash range ends before it starts")
    }
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(index, forKey: .index)
    try values.encode(String(hashStart), forKey: .hashStart)
    try values.encode(String(hashEnd), forKey: .hashEnd)
    try values.encode(createdAt, forKey: .createdAt)
    try values.encode(epoch, forKey: .epoch)
    try values.encodeIfPresent(parent, forKey: .parent)
    try values.encodeIfPresent(adjacentParent, forKey: .adjacentParent)
    try values.encodeIfPresent(closing, forKey: .closing)
  }
}

/// A closed shard that retention has taken off the list.
struct ExpiredShard: Codable, Sendable, Equatable {
  var index: UInt32
  var endOrdinal: UInt64
}

extension StreamDescription {
  static let fileName = "stream.json"
  /// The same once more. While it is there it says what the file says or would say if it were
  /// whole: it is removed before the file is replaced, and written after.
  static let copyName = "stream.copy.json"

  /// - Throws: `.corrupt` or `.unknownVersion`, with the path.
  static func load(
    from directory: String, name: String = fileName, fileSystem: any FileSystem
  ) throws(StreamLogError) -> StreamDescription {
    let path = directory + "/" + name
    let data = Data(try fileSystem.read(path))
    struct Head: Decodable {
      var format: String
      var version: Int
    }
    guard let head = try? JSONDecoder().decode(Head.self, from: data), head.format == format else {
      throw .corrupt(path: path, offset: 0, reason: "it does not describe a Weir stream")
    }
    guard (1...version).contains(head.version) else {
      throw .unknownVersion(path: path, version: head.version)
    }
    do {
      return try JSONDecoder().decode(StreamDescription.self, from: data)
    } catch {
      throw .corrupt(path: path, offset: 0, reason: "\(error)")
    }
  }

  /// Replaces the file as a whole, durably.
  func save(to directory: String, fileSystem: any FileSystem) throws(StreamLogError) {
    try fileSystem.removeFile(directory + "/" + Self.copyName)
    // A copy of an older state must not come back after a power loss.
    try fileSystem.syncDirectory(directory)
    try fileSystem.replace(self, at: directory + "/" + Self.fileName)
    saveCopy(to: directory, fileSystem: fileSystem)
  }

  /// Without its copy the stream is as well; the next change or start makes one.
  func saveCopy(to directory: String, fileSystem: any FileSystem) {
    try? fileSystem.replace(self, at: directory + "/" + Self.copyName)
  }
}

extension FileSystem {
  /// Writes a value as JSON beside `path`, and renames it there: a crash leaves the old content
  /// or the new.
  func replace(_ value: some Encodable, at path: String) throws(StreamLogError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    guard let data = try? encoder.encode(value) else {
      throw .invalidArgument("\(path) cannot be written as JSON")
    }
    let file = try open(path + ".new", create: true)
    try file.truncate(to: 0)
    try file.write(Array(data), at: 0)
    try file.sync()
    try rename(path + ".new", to: path)
    try syncDirectory(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
  }
}
