/// The patterns of the model, matched as a whole.
enum TextPattern {
  case streamName, streamARN, streamID, resourceARN, consumerARN, hashKey, sequenceNumber
  /// EventBridge's: of rules, targets, archives; of buses; of buses or their ARNs.
  case eventName, busName, busNameOrARN

  /// The regular expression, for messages.
  var text: String {
    switch self {
    case .streamName: "[a-zA-Z0-9_.-]+"
    case .streamARN: #"arn:aws.*:kinesis:.*:\d{12}:stream/\S+"#
    case .resourceARN: #"arn:aws.*:kinesis:.*:\d{12}:.*stream/\S+"#
    case .consumerARN:
      #"^(arn):aws.*:kinesis:.*:\d{12}:.*stream\/[a-zA-Z0-9_.-]+\/consumer\/[a-zA-Z0-9_.-]+:[0-9]+"#
    case .streamID: "[a-z0-9]{20}-[a-z0-9]{3}"
    case .hashKey: #"0|([1-9]\d{0,38})"#
    case .sequenceNumber: #"0|([1-9]\d{0,128})"#
    case .eventName: #"[\.\-_A-Za-z0-9]+"#
    case .busName: #"[/\.\-_A-Za-z0-9]+"#
    case .busNameOrARN:
      #"(arn:aws[\w-]*:events:[a-z]+-[a-z]+-[\w-]+:[0-9]{12}:event-bus\/)?[/\.\-_A-Za-z0-9]+"#
    }
  }

  func matches(_ value: String) -> Bool {
    switch self {
    case .streamName: !value.isEmpty && value.utf8.allSatisfy(Self.isNameByte)
    case .streamARN: StreamARN(value) != nil
    case .resourceARN: StreamARN(value) != nil || ConsumerARN(value) != nil
    case .consumerARN: ConsumerARN(value) != nil
    case .streamID: Self.isStreamID(Array(value.utf8))
    case .hashKey: Self.isNumber(value, digitsMax: 39)
    case .sequenceNumber: Self.isNumber(value, digitsMax: 129)
    case .eventName: !value.isEmpty && value.utf8.allSatisfy(Self.isNameByte)
    case .busName: Self.isBusName(value[...])
    case .busNameOrARN:
      Self.isBusName(
        value.hasPrefix("arn:aws")
          ? value.firstRange(of: ":event-bus/").map { value[$0.upperBound...] } ?? "" : value[...])
    }
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
      UInt8(ascii: "-"):
      true
    default: false
    }
  }

  private static func isBusName(_ value: Substring) -> Bool {
    !value.isEmpty && value.utf8.allSatisfy { isNameByte($0) || $0 == UInt8(ascii: "/") }
  }

  private static func isNumber(_ value: String, digitsMax: Int) -> Bool {
    let digits = value.utf8
    guard let first = digits.first, digits.count <= digitsMax, digits.allSatisfy(isDigit) else {
      return false
    }
    return first != UInt8(ascii: "0") || digits.count == 1
  }

  private static func isStreamID(_ bytes: [UInt8]) -> Bool {
    bytes.count == 24
      && bytes.enumerated().allSatisfy { index, byte in
        index == 20
          ? byte == UInt8(ascii: "-")
          : isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
      }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
