internal import Core
internal import EventBus
internal import Synchronization
internal import Warehouse

/// SQL statements: `RedshiftDataParameters` with `Sql` or `Sqls`, all of them one transaction.
///
/// The event gets into them as literals: `:event` is the target's input as JSON text, and
/// `:'s3://{$.detail.bucket.name}/{$.detail.object.key}'` a text with parts of it filled in.
/// Whatever an event holds, it stays within its quotes.
struct StatementTarget: EventTarget {
  let warehouse: Warehouse

  func concurrency(of target: TargetDefinition) -> Int { 2 }
  func timeout(of target: TargetDefinition) -> Double { 600 }

  func deliver(_ delivery: Delivery) async throws(DeliveryError) {
    let parameters = delivery.target.json["RedshiftDataParameters"]
    let statements =
      parameters?["Sqls"]?.elements?.compactMap(\.text)
      ?? parameters?["Sql"]?.text.map { [$0] } ?? []
    guard !statements.isEmpty else {
      throw DeliveryError(
        .invalidParameter, "the target has no RedshiftDataParameters.Sql", isRetryable: false)
    }
    let event = (try? JSONValue(parsing: delivery.input)) ?? .null
    let texts = statements.map { StatementTemplate.fill($0, event) }
    let sql =
      texts.count == 1 ? texts[0] : "BEGIN;\n" + texts.joined(separator: ";\n") + ";\nCOMMIT"
    do {
      try await run(sql, user: parameters?["DbUser"]?.text ?? EngineAddress.user)
    } catch let error as SQLError {
      throw Self.failure(error)
    } catch {
      throw DeliveryError(.internalError, "\(error)")
    }
  }

  private func run(_ sql: String, user: String) async throws {
    let session = try warehouse.makeSession(user: user)
    do {
      try await withTaskCancellationHandler {
        try await session.execute(sql) { _ in }
      } onCancel: {
        session.cancel()
      }
    } catch {
      await session.close()
      throw error
    }
    await session.close()
  }

  /// What another attempt may mend: connections, resources, the disk, cancelled statements,
  /// conflicts. Syntax and names stay wrong.
  private static func failure(_ error: SQLError) -> DeliveryError {
    let isRetryable = !["42", "22", "0A", "28", "3D"].contains { error.sqlState.hasPrefix($0) }
    let text = "\(error.sqlState): \(error.message)"
    return DeliveryError(
      error.sqlState == "57014" ? .timeout : .errorFromTarget, text, isRetryable: isRetryable)
  }
}

/// The places of a statement where an event is filled in.
enum StatementTemplate {
  static func fill(_ sql: String, _ event: JSONValue) -> String {
    var result = ""
    var rest = sql[...]
    while let first = rest.first {
      if rest.hasPrefix("::") {
        result += "::"
        rest = rest.dropFirst(2)
      } else if rest.hasPrefix(":event"), !isName(rest.dropFirst(6).first) {
        result += literal(event.serializedText)
        rest = rest.dropFirst(6)
      } else if rest.hasPrefix(":'"), let end = rest.dropFirst(2).firstIndex(of: "'") {
        let template = rest[rest.index(rest.startIndex, offsetBy: 2)..<end]
        result += literal(text(String(template), event))
        rest = rest[rest.index(after: end)...]
      } else if first == "'" || first == "\"" {
        let quoted = quoted(rest, by: first)
        result += quoted
        rest = rest.dropFirst(quoted.count)
      } else if rest.hasPrefix("--") {
        let comment = rest.prefix { !$0.isNewline }
        result += comment
        rest = rest.dropFirst(comment.count)
      } else {
        result.append(first)
        rest = rest.dropFirst()
      }
    }
    return result
  }

  private static func isName(_ character: Character?) -> Bool {
    character.map { $0.isLetter || $0.isNumber || $0 == "_" } ?? false
  }

  /// A string or a name with its quotes; to the end, if it does not end.
  private static func quoted(_ text: Substring, by quote: Character) -> Substring {
    guard let end = text.dropFirst().firstIndex(of: quote) else { return text }
    return text[...end]
  }

  /// The template with each `{$.path}` replaced by what is there; nothing where there is nothing.
  private static func text(_ template: String, _ event: JSONValue) -> String {
    var result = ""
    var rest = template[...]
    while let open = rest.firstRange(of: "{$"),
      let close = rest[open.upperBound...].firstIndex(of: "}")
    {
      result += rest[..<open.lowerBound]
      let path = "$" + rest[open.upperBound..<close]
      let value = JSONPath(path)?.value(in: event)
      result += value?.text ?? value?.serializedText ?? ""
      rest = rest[rest.index(after: close)...]
    }
    return result + rest
  }

  /// Within Redshift's strings two backslashes are one, and a quote behind one does not end them.
  private static func literal(_ text: String) -> String {
    let safe = text.replacing("\\", with: "\\\\").replacing("'", with: "''")
    return "'" + safe.replacing("\0", with: "") + "'"
  }
}
