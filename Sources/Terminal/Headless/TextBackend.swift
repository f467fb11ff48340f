package import Dashboard

/// A frame as plain text: a line for each row, without trailing spaces, each ended by a newline.
package enum TextBackend {
  package static func render(_ frame: Frame) -> String {
    var output = ""
    for y in 0..<frame.size.height {
      var line = ""
      for cell in frame.row(y) { line += cell.printable }
      while line.last == " " { line.removeLast() }
      output += line
      output += "\n"
    }
    return output
  }
}
