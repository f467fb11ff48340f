/// The form of a request's signature. Whether it is right is not checked: the endpoint listens
/// on loopback and takes any credentials, and a request without any, as curl sends it, too.
enum Signature {
  private static let headerParts = ["Credential", "Signature", "SignedHeaders"]
  private static let queryParts = [
    "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date",
  ]

  /// Why AWS would refuse the request without looking at its key; no SDK sends such a request.
  static func fault(in head: RequestHead) -> AWSError? {
    let query = queryValues(of: head.path)
    let isInQuery = query["X-Amz-Algorithm"] != nil
    guard let authorization = head.authorization, !authorization.isEmpty else {
      return isInQuery ? fault(inQuery: query) : nil
    }
    if isInQuery {
      return AWSError(
        .invalidSignature,
        "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.")
    }
    return fault(inHeader: authorization, hasDate: head.hasDate)
  }

  private static func fault(inHeader header: String, hasDate: Bool) -> AWSError? {
    let names = header.split { $0 == "," || $0 == " " }.dropFirst()
      .compactMap { part -> Substring? in
        let halves = part.split(separator: "=", maxSplits: 1)
        return halves.count == 2 ? halves[0] : nil
      }
    var message = headerParts.filter { !names.contains($0[...]) }
      .map { "Authorization header requires '\($0)' parameter. " }.joined()
    if !hasDate {
      message +=
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
    }
    guard !message.isEmpty else { return nil }
    return AWSError(.incompleteSignature, message + "Authorization=\(header.prefix(1024))")
  }

  private static func fault(inQuery values: [Substring: Substring]) -> AWSError? {
    let missing = queryParts.filter { values[$0[...]]?.isEmpty ?? true }
      .map { "AWS query-string parameters must include '\($0)'. " }.joined()
    guard !missing.isEmpty else { return nil }
    return AWSError(.incompleteSignature, missing + "Re-examine the query-string parameters.")
  }

  /// The parameters, those without a value with an empty one; of several of a name the last.
  private static func queryValues(of path: String) -> [Substring: Substring] {
    guard let mark = path.firstIndex(of: "?") else { return [:] }
    return path[path.index(after: mark)...].split(separator: "&").reduce(into: [:]) {
      values, part in
      let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      values[halves[0]] = halves.count == 2 ? halves[1] : ""
    }
  }
}
