internal import Core
internal import Foundation
internal import RedshiftSQL

/// Where the columns of a COPY stand in a JSON document.
struct JSONShape: Sendable {
  enum Rule: Sendable {
    /// The steps to each column's value.
    case paths([[String]])
    /// The names of columns, in lower case, whatever case the document writes them in.
    case namesInAnyCase([String])
    /// The document itself.
    case whole
  }

  var rule: Rule

  /// - Parameter text: of a JSONPaths file; nil for `'auto'`.
  /// - Throws: `SQLError` 22023 for paths that COPY does not know.
  init(_ mapping: CopyOptions.JSONMapping, columns: [String], pathsFile text: String?) throws {
    switch mapping {
    case .noShred: rule = .whole
    case .auto(let ignoresCase):
      rule =
        ignoresCase
        ? .namesInAnyCase(columns.map { $0.lowercased() }) : .paths(columns.map { [$0] })
    case .paths:
      let object = try? JSONSerialization.jsonObject(with: Data((text ?? "").utf8))
      // Documented: a file whose member is called otherwise means 'auto'.
      guard let paths = (object as? [String: Any])?["jsonpaths"] as? [String] else {
        guard object is [String: Any] else {
          throw SQLError("22023", "the JSONPaths file is no JSON object")
        }
        rule = .paths(columns.map { [$0] })
        return
      }
      guard paths.count == columns.count else {
        throw SQLError(
          "22023",
          "Number of jsonpaths and the number of columns should match. "
            + "JSONPath size: \(paths.count), Number of columns in table or column list: "
            + "\(columns.count)")
      }
      rule = .paths(try paths.map(Self.steps))
    }
  }

  /// `$.store.book[0]` or `$['store']['book'][0]`
  static func steps(of path: String) throws -> [String] {
    func wrong() -> SQLError {
      SQLError("22023", "Invalid JSONPath format: \(path)")
    }
    guard path.hasPrefix("$") else { throw wrong() }
    var steps: [String] = []
    var rest = path.dropFirst()
    while let first = rest.first {
      rest = rest.dropFirst()
      if first == "." {
        let name = rest.prefix { $0 != "." && $0 != "[" }
        guard !name.isEmpty, name != "*" else { throw wrong() }
        steps.append(String(name))
        rest = rest.dropFirst(name.count)
      } else if first == "[", let quote = rest.first, quote == "'" || quote == "\"" {
        let name = rest.dropFirst().prefix { $0 != quote }
        rest = rest.dropFirst(name.count + 1)
        guard rest.hasPrefix("\(quote)]") else { throw wrong() }
        steps.append(String(name))
        rest = rest.dropFirst(2)
      } else if first == "[" {
        let digits = rest.prefix { $0 != "]" }
        guard Int(digits) ?? -1 >= 0, rest.dropFirst(digits.count).first == "]" else {
          throw wrong()
        }
        steps.append(String(digits))
        rest = rest.dropFirst(digits.count + 1)
      } else {
        throw wrong()
      }
    }
    return steps
  }
}
