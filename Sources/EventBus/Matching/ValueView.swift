#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// One value of an event while tests look at it. What costs something (another case, a number)
/// is worked out once.
struct ValueView {
  private let value: EventValues.Value
  private let bytes: UnsafeBufferPointer<UInt8>
  private var foldedText: FoldedText?
  private var numberRead = false
  private var numberValue: Double?
  private var addressRead = false
  private var addressValue: IPAddress?

  /// - Parameters:
  ///   - event: the event's bytes, which must outlive the view.
  ///   - arena: as the event; may move when values are added, not before.
  init(
    _ value: EventValues.Value, event: UnsafeBufferPointer<UInt8>,
    arena: UnsafeBufferPointer<UInt8>
  ) {
    self.value = value
    let source = value.isUnescaped ? arena : event
    bytes = UnsafeBufferPointer(rebasing: source[value.start..<(value.start + value.count)])
  }

  /// nil of what is no string.
  @inline(__always)
  var text: UnsafeBufferPointer<UInt8>? { value.kind == .string ? bytes : nil }

  var literal: ValueTest.Literal? {
    switch value.kind {
    case .null: .null
    case .true: .true
    case .false: .false
    case .string, .number: nil
    }
  }

  var isNumber: Bool { value.kind == .number }

  /// The text without the case of its letters. Valid as long as the view.
  var folded: UnsafeBufferPointer<UInt8>? {
    mutating get {
      guard value.kind == .string else { return nil }
      if foldedText == nil { foldedText = FoldedText(bytes) }
      return foldedText.map { UnsafeBufferPointer($0.bytes) }
    }
  }

  /// nil of what is no number.
  var number: Double? {
    mutating get {
      guard value.kind == .number else { return nil }
      if !numberRead {
        numberRead = true
        numberValue = Self.number(bytes)
      }
      return numberValue
    }
  }

  private static func number(_ bytes: UnsafeBufferPointer<UInt8>) -> Double? {
    if bytes.count <= 15 {
      var whole = 0
      var isWhole = !bytes.isEmpty
      for byte in bytes {
        guard byte >= 0x30, byte <= 0x39 else {
          isWhole = false
          break
        }
        whole = whole * 10 + Int(byte - 0x30)
      }
      if isWhole { return Double(whole) }
    }
    return Double(String(decoding: bytes, as: UTF8.self))
  }

  var address: IPAddress? {
    mutating get {
      guard value.kind == .string else { return nil }
      if !addressRead {
        addressRead = true
        addressValue = IPAddress(bytes)
      }
      return addressValue
    }
  }
}

/// A text in lower case, in memory that does not move.
private final class FoldedText {
  let bytes: UnsafeMutableBufferPointer<UInt8>

  init(_ text: UnsafeBufferPointer<UInt8>) {
    if text.allSatisfy({ $0 < 0x80 }) {
      bytes = .allocate(capacity: text.count)
      for (place, byte) in text.enumerated() {
        bytes[place] = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
      }
    } else {
      let folded = Array(String(decoding: text, as: UTF8.self).folded.utf8)
      bytes = .allocate(capacity: folded.count)
      _ = bytes.initialize(fromContentsOf: folded)
    }
  }

  deinit { bytes.deallocate() }
}
