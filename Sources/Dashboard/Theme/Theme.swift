/// The colours of the dashboard, by what they mean.
package struct Theme: Sendable, Equatable {
  package let name: String
  private let colors: [ThemeKey: Color]

  init(name: String, colors: [ThemeKey: Color]) {
    self.name = name
    self.colors = colors
  }

  /// A file has every key, so there is always a colour; the terminal's own otherwise.
  subscript(key: ThemeKey) -> Color { colors[key] ?? .terminal }

  /// `key` as text on the ground of the screen.
  func style(_ key: ThemeKey, _ attributes: Style.Attributes = []) -> Style {
    Style(foreground: self[key], background: self[.mainBackground], attributes: attributes)
  }

  func style(_ key: ThemeKey, on ground: ThemeKey, _ attributes: Style.Attributes = []) -> Style {
    Style(foreground: self[key], background: self[ground], attributes: attributes)
  }

  /// The colour of a meter at `fraction` (0 to 1) of its scale.
  func color(_ gradient: ThemeGradient, at fraction: Double) -> Color {
    let place = fraction.isNaN ? 0 : max(0, min(fraction, 1)) * 2
    return place < 1
      ? Self.mix(self[gradient.start], self[gradient.middle], place)
      : Self.mix(self[gradient.middle], self[gradient.end], place - 1)
  }

  private static func mix(_ from: Color, _ to: Color, _ part: Double) -> Color {
    guard case .rgb(let r1, let g1, let b1) = from, case .rgb(let r2, let g2, let b2) = to else {
      return from
    }
    func channel(_ a: UInt8, _ b: UInt8) -> UInt8 {
      UInt8(max(0, min(255, (Double(a) + (Double(b) - Double(a)) * part).rounded())))
    }
    return .rgb(channel(r1, r2), channel(g1, g2), channel(b1, b2))
  }
}

/// Every key of a theme file. All of them are required, none other is known.
enum ThemeKey: String, CaseIterable, Sendable {
  case mainBackground = "main_bg"
  case text = "main_fg"
  /// Labels, units, column titles: what may recede.
  case dim = "dim_fg"
  case title = "title"
  /// Names of things and what is active.
  case accent = "accent"
  case box = "box"
  case boxFocused = "box_focused"
  /// What means well, needs a look, is wrong.
  case good = "good"
  case warning = "warning"
  case bad = "bad"
  case key = "key_fg"
  case barBackground = "bar_bg"
  case barText = "bar_fg"
  case barDim = "bar_dim_fg"
  case barMark = "bar_mark_fg"
  case selectedBackground = "selected_bg"
  case selectedText = "selected_fg"
  case meterBackground = "meter_bg"
  case sqlKeyword = "sql_keyword"
  case sqlString = "sql_string"
  case sqlNumber = "sql_number"
  case sqlComment = "sql_comment"
  case null = "null_fg"
  case rateStart = "rate_start"
  case rateMiddle = "rate_mid"
  case rateEnd = "rate_end"
  case lagStart = "lag_start"
  case lagMiddle = "lag_mid"
  case lagEnd = "lag_end"
  case shareStart = "share_start"
  case shareMiddle = "share_mid"
  case shareEnd = "share_end"
}

enum ThemeGradient: Sendable {
  case rate, lag, share

  var start: ThemeKey {
    switch self {
    case .rate: .rateStart
    case .lag: .lagStart
    case .share: .shareStart
    }
  }
  var middle: ThemeKey {
    switch self {
    case .rate: .rateMiddle
    case .lag: .lagMiddle
    case .share: .shareMiddle
    }
  }
  var end: ThemeKey {
    switch self {
    case .rate: .rateEnd
    case .lag: .lagEnd
    case .share: .shareEnd
    }
  }
}
