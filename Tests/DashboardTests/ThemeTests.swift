import Foundation
import Testing

@testable import Dashboard

private func themeFiles() throws -> [URL] {
  let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  return try FileManager.default
    .contentsOfDirectory(at: root.appending(path: "Themes"), includingPropertiesForKeys: nil)
    .filter { $0.pathExtension == "theme" }
}

private func theme(_ file: URL) throws -> Theme {
  try Theme.parse(
    String(contentsOf: file, encoding: .utf8), name: file.deletingPathExtension().lastPathComponent)
}

private func luminance(_ color: Color) -> Double {
  guard case .rgb(let red, let green, let blue) = color else { return .nan }
  func linear(_ value: UInt8) -> Double {
    let part = Double(value) / 255
    return part <= 0.03928 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
  }
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

private func contrast(_ one: Color, _ other: Color) -> Double {
  let (low, high) = (min(luminance(one), luminance(other)), max(luminance(one), luminance(other)))
  return (high + 0.05) / (low + 0.05)
}

/// Text, and the ground that it stands on.
private let textRoles: [(ThemeKey, ThemeKey)] =
  [
    .text, .dim, .title, .accent, .good, .warning, .bad, .key, .sqlKeyword, .sqlString,
    .sqlNumber, .sqlComment, .null,
  ].map { ($0, .mainBackground) }
  + [.barText, .barDim, .barMark].map { ($0, .barBackground) }
  + [(.selectedText, .selectedBackground)]

@Test func `every theme file is complete, and its text can be read`() throws {
  let files = try themeFiles()
  #expect(files.count >= 3)
  for file in files {
    let theme = try theme(file)
    for (text, ground) in textRoles {
      let ratio = contrast(theme[text], theme[ground])
      #expect(ratio >= 4.5, "\(theme.name): \(text.rawValue) on \(ground.rawValue) is \(ratio)")
    }
    for key in [ThemeKey.boxFocused, .rateEnd, .lagEnd, .shareEnd] {
      #expect(contrast(theme[key], theme[.mainBackground]) >= 3, "\(theme.name): \(key.rawValue)")
    }
  }
}

@Test func `the built-in theme is the dark one`() throws {
  let dark = try #require(themeFiles().first { $0.lastPathComponent == "weir-dark.theme" })
  #expect(try theme(dark) == Theme.fallback)
}

@Test func `a theme file's faults are all told, with their lines`() throws {
  let text = """
    # a comment
    main_bg = "#101010"
    main_gb = "#101010"
    title = "blue"
    nonsense
    main_bg = "#202020"
    """
  let error = try #require(throws: ThemeError.self) { try Theme.parse(text, name: "my.theme") }
  let lines = error.description.split(separator: "\n")
  #expect(lines.contains("my.theme:3: main_gb: unknown key"))
  #expect(lines.contains("my.theme:4: title: expected a colour such as \"#1d2021\""))
  #expect(lines.contains("my.theme:5: expected key = \"#rrggbb\""))
  #expect(lines.contains("my.theme:6: main_bg: given twice"))
  #expect(lines.contains("my.theme: box: missing"))
  #expect(!lines.contains("my.theme: title: missing"))
}

@Test func `gradients go from their start through the middle to their end`() {
  let theme = Theme.fallback
  #expect(theme.color(.lag, at: -1) == theme[.lagStart])
  #expect(theme.color(.lag, at: 0.5) == theme[.lagMiddle])
  #expect(theme.color(.lag, at: 2) == theme[.lagEnd])
  #expect(theme.color(.lag, at: .nan) == theme[.lagStart])
}
