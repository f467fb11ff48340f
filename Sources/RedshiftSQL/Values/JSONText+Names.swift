extension JSONText {
  /// The JSON with the names of its objects' members in lower or upper case; values keep theirs.
  ///
  /// Source: the pages LOWER_ATTRIBUTE_NAMES and UPPER_ATTRIBUTE_NAMES.
  package static func withAttributeNames(of text: String, inUpperCase: Bool) -> String {
    var result = ""
    var rest = text[...]
    while let start = rest.firstIndex(of: "\"") {
      result += rest[..<start]
      let end = closingQuote(of: rest, from: start)
      let string = rest[start..<end]
      rest = rest[end...]
      let isName = rest.first { !$0.isWhitespace } == ":"
      result += isName ? cased(string, inUpperCase: inUpperCase) : String(string)
    }
    return result + rest
  }

  /// Behind the string that starts there.
  private static func closingQuote(of text: Substring, from start: String.Index) -> String.Index {
    var index = text.index(after: start)
    while index < text.endIndex {
      switch text[index] {
      case "\"": return text.index(after: index)
      case "\\":
        index = text.index(index, offsetBy: 2, limitedBy: text.endIndex) ?? text.endIndex
      default: index = text.index(after: index)
      }
    }
    return text.endIndex
  }

  /// Escapes such as `\u00e9` stay what they are.
  private static func cased(_ name: Substring, inUpperCase: Bool) -> String {
    var result = ""
    // Characters of an escape that are still to come.
    var escaped = 0
    for character in name {
      if escaped > 0 {
        result.append(character)
        escaped = escaped == 5 && character != "u" ? 0 : escaped - 1
      } else if character == "\\" {
        result.append(character)
        escaped = 5
      } else {
        result += inUpperCase ? character.uppercased() : character.lowercased()
      }
    }
    return result
  }
}
