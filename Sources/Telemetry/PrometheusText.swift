/// Writes the Prometheus text exposition format, version 0.0.4.
///
/// A family's samples follow its `family` call; a family without samples is left out.
struct PrometheusText {
  enum Kind: String {
    case counter, gauge, summary
  }

  typealias Labels = KeyValuePairs<String, String>

  private(set) var text = ""
  private var name = ""
  private var pending = ""

  mutating func family(_ name: String, _ kind: Kind, _ help: String) {
    self.name = name
    pending = "# HELP \(name) \(Self.escaped(help, quotes: false))\n"
    pending += "# TYPE \(name) \(kind.rawValue)\n"
  }

  /// Adds a sample of the family; nothing where the value is not known.
  mutating func sample(_ labels: Labels, suffix: String = "", _ value: Int?) {
    guard let value else { return }
    add(labels, suffix, "\(value)")
  }

  mutating func sample(_ labels: Labels, suffix: String = "", _ value: Double?) {
    guard let value else { return }
    add(labels, suffix, Self.number(value))
  }

  private mutating func add(_ labels: Labels, _ suffix: String, _ value: String) {
    text += pending
    pending = ""
    text += name + suffix
    if !labels.isEmpty {
      text += "{"
      text += labels.map { "\($0.key)=\"\(Self.escaped($0.value, quotes: true))\"" }
        .joined(separator: ",")
      text += "}"
    }
    text += " \(value)\n"
  }

  private static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    return value.description
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\"" where quotes: result += "\\\""
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
