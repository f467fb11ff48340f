import Core
import Foundation

/// The prompt of `weir sql`: reads statements until a semicolon, runs them, goes on after errors.
struct SQLPrompt {
  let runner: ScriptRunner

  func run() async {
    standardError("weir sql: statements end with a semicolon; \\q or Ctrl-D leaves")
    var text = ""
    while true {
      standardOutput(text.isEmpty ? "dev=# " : "dev-# ")
      guard let line = readLine(strippingNewline: true) else { break }
      let trimmed = line.trimmingCharacters(in: .whitespaces)
      if text.isEmpty, trimmed == "\\q" || trimmed == "exit" || trimmed == "quit" { return }
      text += line + "\n"
      guard trimmed.hasSuffix(";") else { continue }
      _ = await runner.run(text)
      text = ""
    }
    standardOutput("\n")
  }
}
