import Core
import Dashboard
import Foundation
import Terminal
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct HeadlessTests {
  private func frame() -> Frame {
    var frame = Frame(size: Size(width: 12, height: 3))
    let red = Style(foreground: .rgb(255, 0, 0), attributes: .bold)
    for (x, character) in "a<&\"'>".enumerated() {
      frame.set(Cell(text: String(character), style: red), x: x, y: 0)
    }
    frame.set(Cell(text: "コ", width: 2), x: 3, y: 1)
    frame.set(Cell(text: "⣿"), x: 0, y: 2)
    frame.set(Cell(text: "╭"), x: 1, y: 2)
    return frame
  }

  private func all(_ format: OutputFormat) -> String {
    format.render([TimedFrame(time: 0, frame: frame())], title: "a <title>")
  }

  @Test func `text has the rows without trailing spaces`() {
    #expect(all(.text) == "a<&\"'>\n   コ\n⣿╭\n")
  }

  @Test func `SVG is well-formed XML, with everything escaped`() {
    let parser = XMLParser(data: Data(all(.svg).utf8))
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
    #expect(!all(.svg).contains("<title>a <title>"))
  }

  @Test func `a frame renders to the same bytes every time`() {
    for format in OutputFormat.allCases { #expect(all(format) == all(format)) }
  }

  @Test func `JSON and asciicast are JSON`() throws {
    _ = try JSONSerialization.jsonObject(with: Data(all(.json).utf8))
    let lines = all(.cast).split(separator: "\n")
    #expect(lines.count >= 2)
    for line in lines {
      _ = try JSONSerialization.jsonObject(with: Data(line.utf8))
    }
    #expect(lines[0].contains("\"version\""))
  }

  @Test func `ANSI sets colours and puts them back`() {
    let text = all(.ansi)
    #expect(text.contains("38;2;255;0;0"))
    #expect(text.contains("\u{1B}[m") || text.contains("\u{1B}[0m"))
    #expect(text.contains("コ"))
  }

  @Test func `no frames give an empty document`() {
    #expect(OutputFormat.text.render([], title: "t") == "")
    #expect(OutputFormat.svg.render([], title: "t") == "")
  }
}
