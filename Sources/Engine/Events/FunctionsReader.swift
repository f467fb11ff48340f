internal import EventBus

/// Reads `functions:` of weir.yaml: the programs that events can be given to.
///
/// ```yaml
/// functions:
///   resize: { command: [/usr/bin/resize, --small], timeout: 10, memory: 256, concurrency: 4 }
/// ```
enum FunctionsReader {
  /// - Throws: `EngineError` that names the line, the key and what was expected there.
  static func read(_ place: YAMLPlace?) throws -> [FunctionDefinition] {
    try (place?.entries() ?? []).map { name, function in
      let fields = try function.fields(
        ["command"], optional: ["timeout", "memory", "concurrency"])
      let command = try fields.needed("command").list().map { try $0.text() }
      guard let program = command.first, program.hasPrefix("/") else {
        throw try fields.needed("command").expected(
          "a list: the whole path of a program, and its arguments")
      }
      var definition = FunctionDefinition(name: name, command: command)
      if let seconds = try fields["timeout"]?.decimal(0.01...900) { definition.timeout = seconds }
      if let memory = try fields["memory"]?.number(16...1_048_576) { definition.memory = memory }
      if let count = try fields["concurrency"]?.number(1...1_000) {
        definition.concurrency = count
      }
      return definition
    }
  }
}
