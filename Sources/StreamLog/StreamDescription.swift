internal import Core
internal import Foundation

/// What is kept of a stream beside its records, in `stream.json`.
struct StreamDescription: Codable, Sendable {
  static let format = "weir-stream"
  static let version = 1

  var format = Self.format
  var version = Self.version
  var name: String
  var id: String
  var mode: StreamSummary.Mode
  var createdAt: Timestamp
  var retentionHours: Int
  var shards: [ShardDescription]
}

struct ShardDescription: Codable, Sendable {
  var index: UInt32
  var hashStart: UInt128
  var hashEnd: UInt128
  var createdAt: Timestamp

  private enum CodingKeys: CodingKey { case index, hashStart, hashEnd, createdAt }

  init(index: UInt32, range: ClosedRange<UInt128>, createdAt: Timestamp) {
    self.index = index
    hashStart = range.lowerBound
    hashEnd = range.upperBound
    self.createdAt = createdAt
  }

  /// Hash keys are decimal strings: JSON's numbers do not hold them.
  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    index = try values.decode(UInt32.self, forKey: .index)
    createdAt = try values.decode(Timestamp.self, forKey: .createdAt)
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
  }
}

extension StreamDescription {
  static let fileName = "stream.json"

  static func load(
    from directory: String, fileSystem: any FileSystem
  ) throws(StreamLogError) -> StreamDescription {
    let path = directory + "/" + fileName
    let data = Data(try fileSystem.read(path))
    struct Head: Decodable {
      var format: String
      var version: Int
    }
    guard let head = try? JSONDecoder().decode(Head.self, from: data), head.format == format else {
      throw .corrupt(path: path, offset: 0, reason: "it does not describe a Weir stream")
    }
    guard head.version == version else {
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
    let path = directory + "/" + Self.fileName
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    guard let data = try? encoder.encode(self) else {
      throw .invalidArgument("the stream \(name) cannot be described")
    }
    let file = try fileSystem.open(path + ".new", create: true)
    try file.truncate(to: 0)
    try data.withUnsafeBytes { bytes -> Result<Void, StreamLogError> in
      do throws(StreamLogError) {
        return .success(try file.write(bytes, at: 0))
      } catch {
        return .failure(error)
      }
    }.get()
    try file.sync()
    try fileSystem.rename(path + ".new", to: path)
    try fileSystem.syncDirectory(directory)
  }
}
