/// Tells requests of programs on this machine from those that a web page had a browser send.
///
/// A page can reach loopback: with its own origin, or, where its name is made to resolve to
/// 127.0.0.1 (DNS rebinding), with its own name as the host.
enum LoopbackGuard {
  /// - Parameters:
  ///   - authority: the request's host, with or without a port; nil where it has none.
  ///   - origin: of the page that sent it; nil from programs that are no browsers.
  static func allows(authority: String?, origin: String?) -> Bool {
    if let authority, !isLoopback(authority) { return false }
    guard let origin else { return true }
    guard let scheme = origin.firstRange(of: "://") else { return false }
    return isLoopback(String(origin[scheme.upperBound...]))
  }

  private static func isLoopback(_ authority: String) -> Bool {
    var host = authority[...]
    if host.hasPrefix("[") {
      guard let end = host.firstIndex(of: "]") else { return false }
      let rest = host[host.index(after: end)...]
      return host[...end] == "[::1]" && (rest.isEmpty || isPort(rest))
    }
    if let colon = host.lastIndex(of: ":") {
      guard isPort(host[colon...]) else { return false }
      host = host[..<colon]
    }
    if host.lowercased() == "localhost" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }

  private static func isPort(_ text: Substring) -> Bool {
    text.first == ":" && UInt16(text.dropFirst()) != nil
  }
}
