/// Where an S3 API answers, and with what credentials it is asked.
package struct S3Configuration: Sendable, Equatable {
  /// `http://127.0.0.1:9000`
  package var endpoint: String
  package var region: String
  package var accessKey: String
  package var secretKey: String
  /// Seconds that a request may be silent, and how often it is tried.
  package var timeout = 30.0
  package var attempts = 4

  package init(endpoint: String, region: String, accessKey: String, secretKey: String) {
    self.endpoint = endpoint
    self.region = region
    self.accessKey = accessKey
    self.secretKey = secretKey
  }

  /// Host and port, without the scheme.
  package var host: String {
    var text = endpoint
    for scheme in ["http://", "https://"] where text.hasPrefix(scheme) {
      text.removeFirst(scheme.count)
    }
    while text.hasSuffix("/") { text.removeLast() }
    return text
  }

  package var usesTLS: Bool { endpoint.hasPrefix("https://") }
}
