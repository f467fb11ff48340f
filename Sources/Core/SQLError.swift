/// Why a statement failed, in PostgreSQL's terms: what every client can show.
///
/// `message` is lower case and without a full stop, as PostgreSQL writes them.
package struct SQLError: Error, Equatable, Sendable, Codable {
  /// Five characters, from the PostgreSQL table of error codes.
  package var sqlState: String
  package var message: String
  package var detail: String?
  package var hint: String?
  /// Where in the text that the client sent, in Unicode scalars, the first being 1.
  package var position: Int?

  package init(
    _ sqlState: String, _ message: String, detail: String? = nil, hint: String? = nil,
    position: Int? = nil
  ) {
    self.sqlState = sqlState
    self.message = message
    self.detail = detail
    self.hint = hint
    self.position = position
  }
}

extension SQLError {
  /// The line and column (both from 1) of `position` in `text`, with that line itself.
  package func place(in text: String) -> (line: Int, column: Int, source: String)? {
    guard let position, position >= 1 else { return nil }
    let scalars = Array(text.unicodeScalars)
    let index = min(position - 1, scalars.count)
    var line = 1
    var start = 0
    for offset in 0..<index where scalars[offset] == "\n" {
      line += 1
      start = offset + 1
    }
    let end = scalars[index...].firstIndex(of: "\n") ?? scalars.count
    var source = String.UnicodeScalarView()
    source.append(contentsOf: scalars[start..<max(start, end)])
    return (line, index - start + 1, String(source))
  }

  /// The error as psql prints it: message, the line with a caret under the place, detail, hint.
  package func report(for text: String) -> String {
    var lines: [String] = []
    if let place = place(in: text) {
      let label = "LINE \(place.line): "
      lines.append("ERROR:  \(sqlState): \(message) (line \(place.line), column \(place.column))")
      lines.append(label + place.source)
      lines.append(String(repeating: " ", count: label.count + place.column - 1) + "^")
    } else {
      lines.append("ERROR:  \(sqlState): \(message)")
    }
    if let detail { lines.append("DETAIL:  \(detail)") }
    if let hint { lines.append("HINT:  \(hint)") }
    return lines.joined(separator: "\n")
  }
}
