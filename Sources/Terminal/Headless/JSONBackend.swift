package import Dashboard

/// A frame as JSON, for programs that look at screens:
///
///     {"width":3,"height":1,"cursor":null,"rows":[
///     [{"x":0,"width":2,"text":"ab","fg":"#ff8800","bold":true},{"x":2,"width":1,"text":"c"}]
///     ]}
///
/// Colours that are the terminal's own and attributes that are off are left out.
package enum JSONBackend {
  package static func render(_ frame: Frame) -> String {
    let cursor = frame.cursor.map { "{\"x\":\($0.x),\"y\":\($0.y)}" } ?? "null"
    let rows = (0..<frame.size.height).map { y in
      "[" + frame.styledRuns(y).map(run).joined(separator: ",") + "]"
    }
    return """
      {"width":\(frame.size.width),"height":\(frame.size.height),"cursor":\(cursor),"rows":[
      \(rows.joined(separator: ",\n"))
      ]}

      """
  }

  private static func run(_ run: StyledRun) -> String {
    var members = ["\"x\":\(run.x)", "\"width\":\(run.width)", "\"text\":\(run.text.jsonQuoted)"]
    if let color = run.style.foreground.hex { members.append("\"fg\":\"\(color)\"") }
    if let color = run.style.background.hex { members.append("\"bg\":\"\(color)\"") }
    let attributes = run.style.attributes
    if attributes.contains(.bold) { members.append("\"bold\":true") }
    if attributes.contains(.dim) { members.append("\"dim\":true") }
    if attributes.contains(.underline) { members.append("\"underline\":true") }
    if attributes.contains(.reverse) { members.append("\"reverse\":true") }
    return "{" + members.joined(separator: ",") + "}"
  }
}

extension Color {
  /// `#rrggbb`; nil for the terminal's own colour.
  var hex: String? {
    guard case .rgb(let red, let green, let blue) = self else { return nil }
    return "#"
      + [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
