package import Core

/// Writes CBOR (RFC 8949) as Kinesis' clients read it: structures and lists of indefinite length,
/// byte strings raw, times as tag 1 over whole milliseconds.
///
/// RFC 8949 has tag 1 count seconds; the AWS SDKs for Java write and read milliseconds in
/// `application/x-amz-cbor-1.1`. The later protocol `smithy-rpc-v2-cbor` keeps to the RFC.
package struct CBORWriter: ShapeWriter {
  package enum TimeUnit: Sendable {
    case milliseconds
    /// With the fraction, as a double.
    case seconds
  }

  package private(set) var bytes: [UInt8] = []
  private let timeUnit: TimeUnit

  package init() {
    self.init(timeUnit: .milliseconds)
  }

  package init(timeUnit: TimeUnit) {
    self.timeUnit = timeUnit
  }

  package mutating func reserve(_ byteCount: Int) {
    bytes.reserveCapacity(byteCount)
  }

  package mutating func beginObject() { bytes.append(0xBF) }
  package mutating func endObject() { bytes.append(0xFF) }
  package mutating func beginArray() { bytes.append(0x9F) }
  package mutating func endArray() { bytes.append(0xFF) }

  package mutating func name(_ name: StaticString) {
    head(.text, UInt64(name.utf8CodeUnitCount))
    name.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  package mutating func key(_ key: String) {
    string(key)
  }

  package mutating func string(_ text: String) {
    var text = text
    text.withUTF8 { utf8 in
      head(.text, UInt64(utf8.count))
      bytes.append(contentsOf: utf8)
    }
  }

  package mutating func integer(_ value: Int) {
    if value >= 0 {
      head(.unsigned, UInt64(value))
    } else {
      head(.negative, UInt64(bitPattern: Int64(-1 - value)))
    }
  }

  package mutating func double(_ value: Double) {
    bytes.append(0xFB)
    append(value.bitPattern, byteCount: 8)
  }

  package mutating func boolean(_ value: Bool) {
    bytes.append(value ? 0xF5 : 0xF4)
  }

  package mutating func timestamp(_ time: Timestamp) {
    head(.tag, CBOR.epochTag)
    switch timeUnit {
    case .milliseconds: integer(Int(time.wholeMilliseconds))
    case .seconds: double(Double(time.wholeMilliseconds) / 1000)
    }
  }

  package mutating func blob(_ data: [UInt8]) {
    head(.bytes, UInt64(data.count))
    bytes.append(contentsOf: data)
  }
}

extension CBORWriter {
  private mutating func head(_ type: CBOR.MajorType, _ value: UInt64) {
    let high = type.rawValue << 5
    switch value {
    case 0..<24: bytes.append(high | UInt8(truncatingIfNeeded: value))
    case 24..<0x100:
      bytes.append(high | 24)
      bytes.append(UInt8(truncatingIfNeeded: value))
    case 0x100..<0x1_0000:
      bytes.append(high | 25)
      append(value, byteCount: 2)
    case 0x1_0000..<0x1_0000_0000:
      bytes.append(high | 26)
      append(value, byteCount: 4)
    default:
      bytes.append(high | 27)
      append(value, byteCount: 8)
    }
  }

  private mutating func append(_ value: UInt64, byteCount: Int) {
    for index in (0..<byteCount).reversed() {
      bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index)))
    }
  }
}

enum CBOR {
  enum MajorType: UInt8 {
    case unsigned, negative, bytes, text, list, map, tag, simple
  }

  /// The tag of a time since the epoch.
  static let epochTag: UInt64 = 1
}
