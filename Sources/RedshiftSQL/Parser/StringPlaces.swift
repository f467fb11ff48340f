internal import Core

/// Where each character of a string's meaning stands in the text that the string is written in.
struct StringPlaces {
  /// Unicode scalars before each scalar of the meaning, and before its end.
  private var offsets: [Int] = []

  init(of string: Token) {
    let source = Array(string.source.unicodeScalars)
    guard source.first == "'" else {
      let start = 1 + (source.dropFirst().firstIndex(of: "$") ?? 0)
      offsets = (0...string.text.unicodeScalars.count).map { string.scalarOffset + start + $0 }
      return
    }
    var place = 1
    for _ in string.text.unicodeScalars {
      offsets.append(string.scalarOffset + place)
      let isPair =
        place + 1 < source.count
        && (source[place] == "'"
          || (source[place] == "\\" && ["\\", "'"].contains(source[place + 1])))
      place += isPair ? 2 : 1
    }
    offsets.append(string.scalarOffset + place)
  }

  func offset(of inner: Int) -> Int {
    offsets.isEmpty ? 0 : offsets[min(max(inner, 0), offsets.count - 1)]
  }
}

extension SQLError {
  /// The error of a text within a string, with its place in the whole.
  func moved(by places: StringPlaces) -> SQLError {
    var error = self
    error.position = position.map { places.offset(of: $0 - 1) + 1 }
    return error
  }
}
