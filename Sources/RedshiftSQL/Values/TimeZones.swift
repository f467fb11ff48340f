/// Time zones that are an offset: abbreviations, and what PostgreSQL calls POSIX style.
package enum TimeZones {
  /// In minutes east of UTC. An abbreviation never follows a summer time.
  ///
  /// Source: the appendix "Time zone names and abbreviations" of Redshift's documentation.
  private static let abbreviations: [String: Int] = [
    "utc": 0, "gmt": 0, "z": 0, "zulu": 0, "ut": 0, "wet": 0, "west": 60, "bst": 60, "cet": 60,
    "met": 60, "cest": 120, "mest": 120, "eet": 120, "eest": 180, "msk": 180, "msd": 240,
    "ist": 120, "idt": 180, "pkt": 300, "npt": 345, "wib": 420, "sgt": 480, "hkt": 480,
    "awst": 480, "jst": 540, "kst": 540, "acst": 570, "acdt": 630, "aest": 600, "aedt": 660,
    "nzst": 720, "nzdt": 780, "nst": -210, "ndt": -150, "ast": -240, "adt": -180, "est": -300,
    "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420,
    "akst": -540, "akdt": -480, "hst": -600, "brt": -180, "art": -180, "clt": -240,
  ]

  /// The abbreviations in upper case, with seconds east of UTC.
  static var all: [(name: String, offset: Int)] {
    abbreviations.map { ($0.key.uppercased(), $0.value * 60) }.sorted { $0.name < $1.name }
  }

  /// Seconds east of UTC of an abbreviation, or of an ISO offset such as `+02:30`.
  package static func offset(of word: String) -> Int? {
    if let minutes = abbreviations[word.lowercased()] { return minutes * 60 }
    guard let match = word.wholeMatch(of: #/([+-])(\d{1,2})(?::?(\d{2}))?/#),
      let hours = Int(match.2)
    else { return nil }
    let minutes = match.3.flatMap { Int($0) } ?? 0
    return (match.1 == "-" ? -1 : 1) * (hours * 3_600 + minutes * 60)
  }

  /// Seconds east of UTC of an abbreviation or a POSIX name such as `PST8` or `GMT+2`, whose
  /// numbers count to the west; nil for the name of a place.
  package static func fixedOffset(ofZone name: String) -> Int? {
    let name = String(name.drop(while: \.isWhitespace))
    if let minutes = abbreviations[name.lowercased()] { return minutes * 60 }
    guard
      let match = name.wholeMatch(of: #/[A-Za-z_\/]+\s*([+-]?)\s*(\d{1,2})(?::(\d{2}))?/#),
      let hours = Int(match.2), hours <= 24
    else { return nil }
    let minutes = match.3.flatMap { Int($0) } ?? 0
    return (match.1 == "-" ? 1 : -1) * (hours * 3_600 + minutes * 60)
  }
}
