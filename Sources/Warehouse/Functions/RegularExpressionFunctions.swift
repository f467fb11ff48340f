internal import Core
internal import DuckDB
internal import RedshiftSQL

/// REGEXP_… with what RE2 lacks; the rules use DuckDB's own functions where they can.
enum RegularExpressionFunctions {
  static let all: [ScalarFunction] = [
    // Text, pattern, position, occurrence, parameters.
    ScalarFunction(
      "weir_regexp_substr", [.varchar, .varchar, .bigint, .bigint, .varchar], to: .varchar
    ) { input, output in
      var patterns = Patterns()
      for row in 0..<input.rowCount where input.isValid(row) {
        output.set(
          row,
          try patterns.pattern(input.string(1, row), input.string(4, row)).substring(
            of: input.string(0, row), from: input.int64(2, row),
            occurrence: input.int64(3, row)))
      }
    },
    // Text, pattern, position, parameters.
    ScalarFunction(
      "weir_regexp_count", [.varchar, .varchar, .bigint, .varchar], to: .bigint
    ) { input, output in
      var patterns = Patterns()
      for row in 0..<input.rowCount where input.isValid(row) {
        output.set(
          row,
          try patterns.pattern(input.string(1, row), input.string(3, row)).count(
            in: input.string(0, row), from: input.int64(2, row)))
      }
    },
    // Text, pattern, position, occurrence, option (1: behind the match), parameters.
    ScalarFunction(
      "weir_regexp_instr", [.varchar, .varchar, .bigint, .bigint, .bigint, .varchar], to: .bigint
    ) { input, output in
      var patterns = Patterns()
      for row in 0..<input.rowCount where input.isValid(row) {
        output.set(
          row,
          try patterns.pattern(input.string(1, row), input.string(5, row)).place(
            in: input.string(0, row), from: input.int64(2, row),
            occurrence: input.int64(3, row), behind: input.int64(4, row) == 1))
      }
    },
    // Text, pattern, replacement, position, parameters.
    ScalarFunction(
      "weir_regexp_replace", [.varchar, .varchar, .varchar, .bigint, .varchar], to: .varchar
    ) { input, output in
      var patterns = Patterns()
      for row in 0..<input.rowCount where input.isValid(row) {
        output.set(
          row,
          try patterns.pattern(input.string(1, row), input.string(4, row)).replacing(
            in: input.string(0, row), with: input.string(2, row), from: input.int64(3, row)))
      }
    },
  ]

  /// The pattern that the last row had.
  private struct Patterns {
    private var key: (String, String)?
    private var value: RegularExpression?

    mutating func pattern(
      _ pattern: String, _ parameters: String
    ) throws(SQLError) -> RegularExpression {
      if let key, key == (pattern, parameters), let value { return value }
      let made = try RegularExpression(pattern, parameters: parameters)
      key = (pattern, parameters)
      value = made
      return made
    }
  }
}
