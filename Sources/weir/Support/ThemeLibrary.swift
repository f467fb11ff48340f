import Dashboard
import Engine
import Foundation

/// The theme files that ship with Weir and those of the user.
struct ThemeLibrary: Sendable {
  let themes: [Theme]

  var names: [String] { themes.map(\.name) }

  func theme(named name: String) -> Theme {
    themes.first { $0.name == name } ?? .fallback
  }

  /// Reads `Themes/` beside the program's sources or installation, then the user's folder; a
  /// broken file is named on standard error and left out.
  static func load() -> ThemeLibrary {
    var themes: [Theme] = []
    for folder in folders() {
      let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      for file in files.sorted() where file.hasSuffix(".theme") {
        guard let data = FileManager.default.contents(atPath: folder + "/" + file) else { continue }
        let name = String(file.dropLast(6))
        do throws(ThemeError) {
          let theme = try Theme.parse(String(decoding: data, as: UTF8.self), name: name)
          themes.removeAll { $0.name == name }
          themes.append(theme)
        } catch {
          standardError("weir: \(folder)/\(error)")
        }
      }
    }
    // The default comes first, the others as they are named.
    let standard = Theme.fallback.name
    themes.sort { ($0.name != standard, $0.name) < ($1.name != standard, $1.name) }
    return ThemeLibrary(themes: themes.isEmpty ? [.fallback] : themes)
  }

  private static func folders() -> [String] {
    let environment = ProcessInfo.processInfo.environment
    let config = environment["XDG_CONFIG_HOME"] ?? (environment["HOME"] ?? ".") + "/.config"
    return Resources.folders(named: "Themes") + [config + "/weir/themes"]
  }
}

private func < (left: (Bool, String), right: (Bool, String)) -> Bool {
  left.0 == right.0 ? left.1 < right.1 : !left.0
}
