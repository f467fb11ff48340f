internal import RedshiftSQL

/// Finds one record's end and its fields.
struct FieldCutter {
  let options: CopyOptions
  /// Whether nothing follows the bytes.
  private var isWhole = false
  private let delimiter: UInt8
  var fields: [RecordReader.Field] = []
  var scratch: [UInt8] = []
  var damage: RecordReader.Damage?
  /// Where the record begins.
  var start = 0
  /// Lines that were passed over before it, and all that were taken.
  var linesBefore = 0
  var lineCount = 0
  /// There was only space.
  var isEmptyEnd = false

  private static let newline: UInt8 = 0x0A
  private static let carriageReturn: UInt8 = 0x0D
  private static let backslash: UInt8 = 0x5C

  init(options: CopyOptions) {
    self.options = options
    delimiter = options.effectiveDelimiter
  }

  mutating func reset(isWhole: Bool) {
    self.isWhole = isWhole
    fields.removeAll(keepingCapacity: true)
    scratch.removeAll(keepingCapacity: true)
    damage = nil
    linesBefore = 0
    lineCount = 0
    isEmptyEnd = false
  }

  /// - Returns: where the record's content ends and where the next begins; nil: not in these bytes.
  mutating func cut(
    _ bytes: UnsafeBufferPointer<UInt8>, from start: Int
  ) -> (content: Int, next: Int)? {
    self.start = start
    switch options.format {
    case .csv: return csv(bytes, start)
    case .json: return json(bytes, start)
    case .fixedWidth(let widths): return fixed(bytes, start, widths)
    case .text, .parquet: return text(bytes, start)
    }
  }

  /// The end of a record at a newline or the end of the file.
  private mutating func end(
    _ bytes: UnsafeBufferPointer<UInt8>, at place: Int
  ) -> (content: Int, next: Int)? {
    guard place < bytes.count else { return isWhole ? (place, place) : nil }
    lineCount += 1
    return (place, place + 1)
  }

  private func withoutCarriageReturn(
    _ bytes: UnsafeBufferPointer<UInt8>, _ from: Int, _ to: Int
  ) -> Int {
    to > from && bytes[to - 1] == Self.carriageReturn ? to - 1 : to
  }

  // MARK: Delimited text

  private mutating func text(
    _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int
  ) -> (content: Int, next: Int)? {
    let escapes = options.escapes
    var place = start
    while true {
      let first = place
      if options.removesQuotes, place < bytes.count, bytes[place] == 0x22 || bytes[place] == 0x27 {
        guard let next = quoted(bytes, place) else {
          // The line ends within the quotes.
          guard let line = lineEnd(bytes, from: first) else { return nil }
          damage = RecordReader.Damage(
            code: 1_214, reason: "Delimited value missing end quote")
          return end(bytes, at: line)
        }
        place = next
      } else {
        var hasEscape = false
        while place < bytes.count {
          let byte = bytes[place]
          if byte == delimiter || byte == Self.newline { break }
          if escapes, byte == Self.backslash {
            hasEscape = true
            if place + 1 < bytes.count, bytes[place + 1] == Self.newline { lineCount += 1 }
            place += 1
          }
          place += 1
        }
        guard place <= bytes.count, place < bytes.count || isWhole else { return nil }
        let atEnd = place == bytes.count || bytes[place] == Self.newline
        let last = atEnd ? withoutCarriageReturn(bytes, first, place) : place
        append(bytes, first..<last, hasEscape: hasEscape)
      }
      if place >= bytes.count || bytes[place] == Self.newline { return end(bytes, at: place) }
      place += 1
    }
  }

  private mutating func append(
    _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, hasEscape: Bool
  ) {
    // `\N` stays what it is: NULL.
    let isNull = range.count == 2 && bytes[range.lowerBound + 1] == UInt8(ascii: "N")
    guard hasEscape, !isNull else {
      fields.append(RecordReader.Field(range: range))
      return
    }
    let start = scratch.count
    var place = range.lowerBound
    while place < range.upperBound {
      if bytes[place] == Self.backslash, place + 1 < range.upperBound { place += 1 }
      scratch.append(bytes[place])
      place += 1
    }
    fields.append(RecordReader.Field(range: start..<scratch.count, isMade: true))
  }

  /// - Returns: where the delimiter or the line's end stands; nil if the quotes do not end.
  private mutating func quoted(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int? {
    let quote = bytes[start]
    let first = scratch.count
    var place = start + 1
    while place < bytes.count {
      let byte = bytes[place]
      if options.escapes, byte == Self.backslash, place + 1 < bytes.count {
        if bytes[place + 1] == Self.newline { lineCount += 1 }
        scratch.append(bytes[place + 1])
        place += 2
        continue
      }
      if byte == Self.newline { break }
      if byte == quote {
        var after = place + 1
        if after < bytes.count, bytes[after] == Self.carriageReturn { after += 1 }
        if after == bytes.count
          ? isWhole : bytes[after] == delimiter || bytes[after] == Self.newline
        {
          fields.append(
            RecordReader.Field(range: first..<scratch.count, isMade: true, isQuoted: true))
          return after
        }
      }
      scratch.append(byte)
      place += 1
    }
    return nil
  }

  /// nil if it is not in these bytes.
  private func lineEnd(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
    var place = start
    while place < bytes.count, bytes[place] != Self.newline { place += 1 }
    return place < bytes.count || isWhole ? place : nil
  }

  // MARK: CSV

  private mutating func csv(
    _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int
  ) -> (content: Int, next: Int)? {
    var place = start
    while true {
      let first = place
      while place < bytes.count, isSpace(bytes[place]) { place += 1 }
      if place < bytes.count, bytes[place] == options.quote {
        guard let next = csvQuoted(bytes, place) else {
          guard isWhole else { return nil }
          damage = RecordReader.Damage(code: 1_214, reason: "Delimited value missing end quote")
          guard let line = lineEnd(bytes, from: first) else { return nil }
          lineCount = 0
          return end(bytes, at: line)
        }
        place = next
        if place < bytes.count, bytes[place] != delimiter, bytes[place] != Self.newline {
          damage = RecordReader.Damage(code: 1_216, reason: "Invalid quote formatting for CSV")
          guard let line = lineEnd(bytes, from: place) else { return nil }
          return end(bytes, at: line)
        }
        guard place < bytes.count || isWhole else { return nil }
      } else {
        while place < bytes.count, bytes[place] != delimiter, bytes[place] != Self.newline {
          place += 1
        }
        guard place < bytes.count || isWhole else { return nil }
        let atEnd = place == bytes.count || bytes[place] == Self.newline
        let last = atEnd ? withoutCarriageReturn(bytes, first, place) : place
        fields.append(RecordReader.Field(range: first..<max(first, last)))
      }
      if place >= bytes.count || bytes[place] == Self.newline { return end(bytes, at: place) }
      place += 1
    }
  }

  private func isSpace(_ byte: UInt8) -> Bool {
    (byte == 0x20 || byte == 0x09) && byte != delimiter
  }

  /// - Returns: what stands behind the quotes and the space that follows; nil if they do not end.
  private mutating func csvQuoted(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int? {
    let first = start + 1
    var place = first
    var isDoubled = false
    let lines = lineCount
    while place < bytes.count {
      let byte = bytes[place]
      if byte == options.quote {
        guard place + 1 < bytes.count || isWhole else { break }
        guard place + 1 < bytes.count, bytes[place + 1] == options.quote else {
          appendCSV(bytes, first..<place, isDoubled)
          place += 1
          while place < bytes.count,
            isSpace(bytes[place]) || bytes[place] == Self.carriageReturn
          { place += 1 }
          return place
        }
        isDoubled = true
        place += 1
      } else if byte == Self.newline {
        lineCount += 1
      }
      place += 1
    }
    lineCount = lines
    return nil
  }

  private mutating func appendCSV(
    _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ isDoubled: Bool
  ) {
    guard isDoubled else {
      fields.append(RecordReader.Field(range: range, isQuoted: true))
      return
    }
    let start = scratch.count
    var place = range.lowerBound
    while place < range.upperBound {
      scratch.append(bytes[place])
      place += bytes[place] == options.quote ? 2 : 1
    }
    fields.append(RecordReader.Field(range: start..<scratch.count, isMade: true, isQuoted: true))
  }

  // MARK: Fixed width

  private mutating func fixed(
    _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ widths: [Int]
  ) -> (content: Int, next: Int)? {
    guard let line = lineEnd(bytes, from: start) else { return nil }
    let last = withoutCarriageReturn(bytes, start, line)
    var place = start
    for width in widths {
      let first = place
      var characters = 0
      while place < last, characters < width {
        place += 1
        while place < last, bytes[place] & 0xC0 == 0x80 { place += 1 }
        characters += 1
      }
      if first == last, place == last, first > start || start == last { break }
      fields.append(RecordReader.Field(range: first..<place))
    }
    // What lies behind the last column is an extra one.
    if place < last { fields.append(RecordReader.Field(range: place..<last)) }
    return end(bytes, at: line)
  }

  // MARK: JSON

  /// A document is one field; anything but space between documents is a damaged record.
  private mutating func json(
    _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int
  ) -> (content: Int, next: Int)? {
    var place = start
    while place < bytes.count, bytes[place] <= 0x20 || bytes[place] == 0x2C {
      if bytes[place] == Self.newline { linesBefore += 1 }
      place += 1
    }
    lineCount = linesBefore
    self.start = place
    guard place < bytes.count else {
      isEmptyEnd = true
      return isWhole ? (place, place) : nil
    }
    guard bytes[place] == 0x7B || bytes[place] == 0x5B else {
      guard let line = lineEnd(bytes, from: place) else { return nil }
      damage = RecordReader.Damage(code: 1_216, reason: "Invalid JSON: a record begins with { or [")
      return end(bytes, at: line)
    }
    var depth = 0
    var inString = false
    let first = place
    while place < bytes.count {
      let byte = bytes[place]
      if byte == Self.newline { lineCount += 1 }
      if inString {
        if byte == Self.backslash {
          place += 1
        } else if byte == 0x22 {
          inString = false
        }
      } else if byte == 0x22 {
        inString = true
      } else if byte == 0x7B || byte == 0x5B {
        depth += 1
      } else if byte == 0x7D || byte == 0x5D {
        depth -= 1
        if depth == 0 {
          fields.append(RecordReader.Field(range: first..<(place + 1)))
          return (place + 1, place + 1)
        }
      }
      place += 1
    }
    guard isWhole else { return nil }
    damage = RecordReader.Damage(code: 1_216, reason: "Invalid JSON: the document does not end")
    return (bytes.count, bytes.count)
  }
}
