import Core
import Telemetry

extension Painter {
  private static let monthNames = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
  /// Columns of the year's number, with the air behind it.
  private static let yearWidth = 5

  /// A row for each year, a cell for each month: its tier by letter and colour, its rows by shade.
  mutating func paintCalendar(_ rect: Rect) {
    let calendar = model.tierDetail.calendar
    let years = calendar.years
    let visible = rect.height - 4
    let place = model.shownMonth.flatMap { years.firstIndex(of: $0.year) } ?? 0
    let first = max(0, min(place - visible / 2, years.count - visible))
    let title = model.chosenTier?.policy.map { "Months of \($0)" }
    let inside = box(
      .tierCalendar, rect, title: title,
      note: note([
        range(first: first, visible: visible, of: years.count),
        years.isEmpty ? "" : "w warehouse, a archive, + both",
      ]))
    if paintNoPolicy(inside) { return }
    let empty = [
      "There are no rows yet, in no tier.", "The first month appears with the first row.",
    ]
    if paintTierState(inside, .months, isEmpty: years.isEmpty, empty: empty) { return }
    let cell = max(2, min(6, (inside.width - Self.yearWidth) / 12))
    for (month, name) in Self.monthNames.enumerated() {
      let title = cell > 3 ? name : String(name.prefix(1))
      canvas.put(
        title, x: inside.x + Self.yearWidth + month * cell, y: inside.y, width: cell,
        theme.style(.dim))
    }
    for (line, year) in years.dropFirst(first).prefix(visible).enumerated() {
      let y = inside.y + 1 + line
      canvas.put("\(year)", x: inside.x, y: y, width: 4, theme.style(.dim))
      for month in 0..<12 {
        paintMonth(
          MonthNumber(number: year * 12 + month), calendar,
          Rect(x: inside.x + Self.yearWidth + month * cell, y: y, width: cell, height: 1))
      }
    }
    canvas.put(
      monthWords(calendar), x: inside.x, y: inside.y + inside.height - 1, width: inside.width)
  }

  /// - Returns: whether the chosen row has no policy, which is then all there is to say.
  mutating func paintNoPolicy(_ rect: Rect) -> Bool {
    guard let row = model.chosenTier, row.policy == nil else { return false }
    state(
      [
        Span("\(row.shortName) has no archive policy.", theme.style(.text)),
        Span("CALL weir.create_archive_policy(…) makes one.", theme.style(.dim)),
      ], in: rect)
    return true
  }

  private mutating func paintMonth(_ month: MonthNumber, _ calendar: TierCalendar, _ rect: Rect) {
    let tiers = calendar.months[month] ?? [:]
    let isChosen = month == model.shownMonth
    let rows = tiers.values.compactMap(\.rows).reduce(0, +)
    let letter: String
    let key: ThemeKey
    switch tiers.count {
    case 0: (letter, key) = (glyphs.keyEmpty, .dim)
    case 1: (letter, key) = (tiers.keys.first?.letter ?? "", tiers.keys.first?.key ?? .dim)
    default: (letter, key) = ("+", .warning)
    }
    let text = letter + (tiers.isEmpty ? "" : shade(rows, of: calendar.rowsMax, rect.width - 2))
    let style =
      isChosen
      ? theme.style(
        .selectedText, on: .selectedBackground, model.focus == .tierCalendar ? .bold : [])
      : theme.style(key)
    canvas.put(text, x: rect.x, y: rect.y, width: rect.width, style)
  }

  private func shade(_ rows: Int, of most: Int, _ width: Int) -> String {
    guard rows > 0, most > 0 else { return "" }
    let shades = glyphs.isASCII ? [".", ":", "+", "#"] : ["░", "▒", "▓", "█"]
    let place = max(0, min(3, (rows * 4 - 1) / most))
    return String(repeating: shades[place], count: max(1, width))
  }

  /// What each tier has of the chosen month.
  private func monthWords(_ calendar: TierCalendar) -> [Span] {
    guard let month = model.shownMonth else { return [] }
    let tiers = calendar.months[month] ?? [:]
    var words = [Span("\(month.text) ", theme.style(.text, .bold))]
    for tier in Tier.allCases {
      guard let part = tiers[tier] else { continue }
      let files = part.files.map { ", " + plural($0, "file") } ?? ""
      words += [
        Span(" \(tier.rawValue) ", theme.style(tier.key)),
        Span(
          "\(Units.count(part.rows, "rows")), \(Units.bytes(part.bytes))\(files)", theme.style(.dim)
        ),
      ]
    }
    if tiers.isEmpty { words.append(Span(" no rows", theme.style(.dim))) }
    return words
  }
}
