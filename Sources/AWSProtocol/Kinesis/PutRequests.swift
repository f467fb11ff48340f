/// A record of PutRecord and PutRecords.
package struct RecordEntry: Equatable, Sendable {
  package let partitionKey: String
  package let explicitHashKey: UInt128?
  package let data: [UInt8]

  /// What Kinesis counts against its limits.
  package var byteCount: Int { data.count + partitionKey.utf8.count }

  /// The service takes a key that leaves too little room for data that is too long.
  fileprivate func validateSize(
    _ check: inout Validation, at path: @autoclosure () -> String, max: Int
  ) {
    guard byteCount > max else { return }
    let what = data.count > max ? "Member" : "Member and the partition key together"
    check.failUnshown(at: path(), "\(what) must have length less than or equal to \(max)")
  }
}

package struct PutRecordRequest: KinesisRequest, StreamNaming {
  package let stream: StreamReference
  package let record: RecordEntry
  package let sequenceNumberForOrdering: String?

  package init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    var stream = StreamReference()
    var fields = RecordFields()
    var ordering: String?
    while let member = try reader.nextName() {
      if member == "SequenceNumberForOrdering" {
        ordering = try reader.string()
      } else if try !fields.read(member, from: &reader) {
        try stream.read(member, from: &reader)
      }
    }
    var check = Validation()
    let data = fields.validate(&check, at: "")
    check.text(ordering, "sequenceNumberForOrdering", pattern: .sequenceNumber)
    stream.require(&check)
    try check.finish()
    record = try fields.entry(data)
    self.stream = stream
    sequenceNumberForOrdering = ordering
  }

  /// - Parameter recordBytesMax: data and partition key of one record, in bytes, at most.
  package func checkSize(recordBytesMax: Int) throws(AWSError) {
    var check = Validation()
    record.validateSize(&check, at: "data", max: recordBytesMax)
    try check.finish()
  }
}

package struct PutRecordsRequest: KinesisRequest, StreamNaming {
  package let stream: StreamReference
  package let records: [RecordEntry]

  private static let recordCountMax = 500

  package init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    var stream = StreamReference()
    var list: RecordList?
    while let member = try reader.nextName() {
      if member == "Records" {
        list = try RecordList(from: &reader, keep: Self.recordCountMax)
      } else {
        try stream.read(member, from: &reader)
      }
    }
    var check = Validation()
    if let list {
      if list.count == 0 {
        check.fail("[]", at: "records", "Member must have length greater than or equal to 1")
      } else if list.count > Self.recordCountMax {
        check.failUnshown(
          at: "records", "Member must have length less than or equal to \(Self.recordCountMax)")
      }
    } else {
      check.fail(nil, at: "records", "Member must not be null")
    }
    let fields = list?.fields ?? []
    var data: [[UInt8]] = []
    data.reserveCapacity(fields.count)
    for (index, record) in fields.enumerated() {
      data.append(record.validate(&check, at: "records.\(index + 1).member."))
    }
    stream.require(&check)
    try check.finish()
    var records: [RecordEntry] = []
    records.reserveCapacity(fields.count)
    for (record, data) in zip(fields, data) { records.append(try record.entry(data)) }
    self.records = records
    self.stream = stream
  }

  /// - Parameters:
  ///   - recordBytesMax: data and partition key of one record, in bytes, at most.
  ///   - requestBytesMax: data and partition keys of all records together, in bytes, at most.
  package func checkSizes(recordBytesMax: Int, requestBytesMax: Int) throws(AWSError) {
    var check = Validation()
    for (index, record) in records.enumerated() {
      record.validateSize(
        &check, at: "records.\(index + 1).member.data", max: recordBytesMax)
    }
    try check.finish()
    guard records.reduce(0, { $0 + $1.byteCount }) <= requestBytesMax else {
      let limit = requestBytesMax >> 20
      throw AWSError(.invalidArgument, "Records size exceeds \(limit) MB limit")
    }
  }
}

/// The elements of `Records`; those behind the first `keep` are counted only, so that a request
/// of millions of empty ones costs no memory.
private struct RecordList {
  var fields: [RecordFields] = []
  var count = 0

  init?<Reader: ShapeReader>(from reader: inout Reader, keep: Int) throws(AWSError) {
    guard try reader.enterList() else { return nil }
    fields.reserveCapacity(keep)
    while try reader.nextElement() {
      count += 1
      if count > keep {
        try reader.skip()
        continue
      }
      var record = RecordFields()
      if try reader.enterStructure() {
        while let member = try reader.nextName() {
          if try !record.read(member, from: &reader) { try reader.skip() }
        }
      }
      fields.append(record)
    }
  }
}

private struct RecordFields {
  var partitionKey: String?
  var explicitHashKey: String?
  var data: [UInt8]?

  /// - Returns: false, having read nothing, if the member is none of a record's.
  mutating func read<Reader: ShapeReader>(
    _ member: String, from reader: inout Reader
  ) throws(AWSError) -> Bool {
    switch member {
    case "Data": data = try reader.blob()
    case "PartitionKey": partitionKey = try reader.string()
    case "ExplicitHashKey": explicitHashKey = try reader.string()
    default: return false
    }
    return true
  }

  /// - Returns: the data.
  func validate(_ check: inout Validation, at prefix: @autoclosure () -> String) -> [UInt8] {
    _ = check.required(partitionKey, prefix() + "partitionKey", length: 1...256)
    check.text(explicitHashKey, prefix() + "explicitHashKey", pattern: .hashKey)
    return check.data(data, prefix() + "data", max: 10_485_760)
  }

  func entry(_ data: [UInt8]) throws(AWSError) -> RecordEntry {
    var hashKey: UInt128?
    if let text = explicitHashKey {
      hashKey = UInt128(text)
      guard hashKey != nil else {
        let rule = "ExplicitHashKey must be in the range: [0, 2^128-1]."
        throw AWSError(
          .invalidArgument,
          "Invalid ExplicitHashKey. \(rule) Specified value was \(text)")
      }
    }
    return RecordEntry(partitionKey: partitionKey ?? "", explicitHashKey: hashKey, data: data)
  }
}
