import Dashboard

/// Frames as a recording that asciinema and its web player show: asciicast, version 2.
///
/// A header line, then a line for each frame that differs from the one before, with only what
/// differs. It holds no date, so the same frames give the same bytes.
package enum AsciicastBackend {
  package static func render(
    _ frames: [TimedFrame], title: String, depth: ColorDepth = .direct
  ) -> String {
    let size = frames.first?.frame.size ?? Size(width: 80, height: 24)
    var output = """
      {"version":2,"width":\(size.width),"height":\(size.height),\
      "title":\(title.jsonQuoted),"env":{"TERM":"xterm-256color"}}

      """
    var shown: Frame?
    var end = 0.0
    for (index, timed) in frames.enumerated() {
      end = max(end, timed.time)
      let time = seconds(end)
      if let shown, shown.size != timed.frame.size {
        let size = timed.frame.size
        output += "[\(time), \"r\", \"\(size.width)x\(size.height)\"]\n"
      }
      let update = ANSIBackend.update(from: shown, to: timed.frame, depth: depth)
      // An empty last event makes players wait as long as the frame stood.
      if !update.isEmpty || index == frames.count - 1 {
        output += "[\(time), \"o\", \(update.jsonQuoted)]\n"
      }
      shown = timed.frame
    }
    return output
  }

  /// With six decimals, whatever the locale. Times beyond a year are cut.
  private static func seconds(_ value: Double) -> String {
    let limited = value.isFinite ? min(max(0, value), 31_536_000) : 0
    let microseconds = Int((limited * 1_000_000).rounded())
    let fraction = String(microseconds % 1_000_000)
    return "\(microseconds / 1_000_000)."
      + String(repeating: "0", count: 6 - fraction.count) + fraction
  }
}
