import Foundation

/// Writes a line to standard error.
func standardError(_ line: String) {
  FileHandle.standardError.write(Data((line + "\n").utf8))
}

/// Writes text to standard output at once. A reader that went away ends the program quietly,
/// as it does `cat`.
func standardOutput(_ text: String) {
  do {
    try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
  } catch {
    exit(0)
  }
}

/// Whether a person at a terminal reads what the program writes.
func isTerminal(_ descriptor: Int32) -> Bool {
  isatty(descriptor) == 1
}
