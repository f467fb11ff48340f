package import Dashboard

/// A frame and when it was shown, in seconds from the first one.
package struct TimedFrame: Sendable {
  package var time: Double
  package var frame: Frame

  package init(time: Double, frame: Frame) {
    self.time = time
    self.frame = frame
  }
}

/// What a dashboard without a terminal can be written as.
package enum OutputFormat: String, CaseIterable, Sendable {
  case text, ansi, svg, cast, json

  /// The whole output: of all frames for `cast`, of the last one for the others. Empty if there
  /// are no frames, except that a `cast` always has its header.
  package func render(_ frames: [TimedFrame], title: String) -> String {
    if self == .cast { return AsciicastBackend.render(frames, title: title) }
    guard let frame = frames.last?.frame else { return "" }
    return switch self {
    case .text: TextBackend.render(frame)
    case .ansi: ANSIBackend.render(frame)
    case .svg: SVGBackend.render(frame, title: title)
    case .json: JSONBackend.render(frame)
    case .cast: ""
    }
  }
}
