import Engine
import Foundation

/// Standard output does not take what is written to it.
struct OutputFailure: Error, CustomStringConvertible {
  /// The `errno` value.
  let code: Int32

  /// The reader went away, as `head` does when it has enough: no failure of ours.
  var isReaderGone: Bool { code == EPIPE }

  var description: String { "cannot write to standard output: \(systemReason(code: code))" }
}

/// Writes lines to standard error, to a terminal with control characters made visible: messages
/// quote data.
func standardError(_ line: String) {
  let text = isTerminal(2) ? visible(line) : line
  try? write(Array((text + "\n").utf8), to: 2)
}

/// Writes bytes to standard error as they are: for what moves the cursor of a terminal.
func standardErrorRaw(_ text: String) {
  try? write(Array(text.utf8), to: 2)
}

/// Writes text to standard output at once, to a terminal with control characters made visible.
func standardOutput(_ text: String) throws(OutputFailure) {
  try write(Array((isTerminal(1) ? visible(text) : text).utf8), to: 1)
}

/// Writes bytes to standard output at once, as they are.
func standardOutput(bytes: [UInt8]) throws(OutputFailure) {
  try write(bytes, to: 1)
}

private func write(_ bytes: [UInt8], to descriptor: Int32) throws(OutputFailure) {
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
    if count >= 0 {
      rest = rest.dropFirst(count)
    } else if errno == EAGAIN {
      var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      poll(&ready, 1, -1)
    } else if errno != EINTR {
      throw OutputFailure(code: errno)
    }
  }
}

/// Whether a person at a terminal reads what the program writes.
func isTerminal(_ descriptor: Int32) -> Bool {
  isatty(descriptor) == 1
}

/// Text whose control characters stand for themselves as marks (`␛` for escape), so that data
/// cannot steer the terminal that shows it. Marks that turn the direction of writing are replaced
/// too: they make text read as what it is not.
///
/// - Parameter isCell: within a line of its own; a tab and a line's end are marks there as well.
func visible(_ text: String, isCell: Bool = false) -> String {
  func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A: isCell
    case 0..<0x20, 0x7F..<0xA0, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
  guard text.unicodeScalars.contains(where: isHarmful) else { return text }
  var shown = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    shown.append(isHarmful(scalar) ? mark(of: scalar) : scalar)
  }
  return String(shown)
}

private func mark(of scalar: Unicode.Scalar) -> Unicode.Scalar {
  let picture: UInt32 =
    switch scalar.value {
    case 0..<0x20: 0x2400 + scalar.value
    case 0x7F: 0x2421
    default: 0xFFFD
    }
  return Unicode.Scalar(picture) ?? "\u{FFFD}"
}
