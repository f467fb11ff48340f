/// A function of Redshift's that SQL can say: a macro of DuckDB's, in the schema `weir`.
///
/// DuckDB chooses among its forms by the number of arguments. It could choose by their types too,
/// but errs where an argument is an aggregate, a window function or an alias; so what depends on a
/// type asks `typeof`, or is left to overloads of a scalar function. A macro is expanded, and
/// `typeof` known, when a statement is planned: neither costs anything for each row.
package struct Macro: Sendable {
  package let name: String
  let forms: [String]
  /// Arguments at the least and at the most.
  let arguments: ClosedRange<Int>

  /// - Parameter forms: `(x, y) AS expression`
  init(_ name: String, _ forms: String...) {
    self.name = name
    self.forms = forms
    let counts = forms.map { form in
      let list = form.dropFirst().prefix { $0 != ")" }
      return list.isEmpty ? 0 : list.split(separator: ",").count
    }
    arguments = (counts.min() ?? 0)...(counts.max() ?? 0)
  }

  /// What DuckDB knows it as. A session finds what is in the schema `weir`: under the name of a
  /// function of DuckDB's, a macro that calls that function would call itself.
  var sqlName: String { name.hasPrefix("_") ? name : "rs_" + name }

  package var definition: String {
    "CREATE OR REPLACE MACRO weir.\(sqlName)\(forms.joined(separator: ", "))"
  }
}

/// Every macro, each behind those that it uses. Those whose names start with `_` are parts of
/// others.
package enum Macros {
  package static let all = casts + dates + texts + json + supers

  /// Changes when a macro does: what a database has of another mark is defined anew.
  package static let mark: String = {
    let text = all.map(\.definition).joined(separator: "\n")
    return String(FNV.hash(text.utf8), radix: 16)
  }()

  static let byName = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }
}
