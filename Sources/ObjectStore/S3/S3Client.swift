internal import Core
internal import Foundation

#if canImport(FoundationNetworking)
  internal import FoundationNetworking
#endif

/// Asks an S3 API, again where that may help, and never without a limit of time.
final class S3Client: Sendable {
  struct Request: Sendable {
    var method = "GET"
    var bucket: String
    var key = ""
    var query: [(name: String, value: String)] = []
    var headers: [String: String] = [:]
    var body: Data?
  }

  struct Answer: Sendable {
    var status: Int
    /// Names in lower case.
    var headers: [String: String]
    var body: Data
    /// Whether an earlier attempt may have been carried out.
    var isRepeated: Bool

    var text: String { String(decoding: body, as: UTF8.self) }

    /// What the API says is wrong.
    var reason: String {
      let code = XMLText.first("Code", in: text)
      let message = XMLText.first("Message", in: text)
      let parts = [code, message].compactMap { $0 }
      return parts.isEmpty ? "status \(status)" : parts.joined(separator: ": ")
    }
  }

  let configuration: S3Configuration
  private let session: URLSession

  init(_ configuration: S3Configuration) {
    self.configuration = configuration
    let settings = URLSessionConfiguration.ephemeral
    settings.timeoutIntervalForRequest = configuration.timeout
    settings.timeoutIntervalForResource = max(600, configuration.timeout)
    settings.httpMaximumConnectionsPerHost = 8
    settings.urlCache = nil
    session = URLSession(configuration: settings)
  }

  deinit { session.invalidateAndCancel() }

  /// - Throws: `.failed` when no attempt got an answer; statuses of 500 and more after the last.
  func send(_ request: Request) async throws(ObjectStoreError) -> Answer {
    let what = "s3://\(request.bucket)/\(request.key)"
    var reason = ""
    for attempt in 0..<max(1, configuration.attempts) {
      if attempt > 0 {
        do {
          try await Task.sleep(for: .milliseconds(100 << attempt))
        } catch {
          throw .failed(what, reason: "cancelled")
        }
      }
      do {
        let (body, response) = try await load(try urlRequest(request))
        var headers: [String: String] = [:]
        for (name, value) in response.allHeaderFields {
          headers["\(name)".lowercased()] = "\(value)"
        }
        let answer = Answer(
          status: response.statusCode, headers: headers, body: body, isRepeated: attempt > 0)
        guard answer.status >= 500 || answer.status == 429 else { return answer }
        reason = answer.reason
      } catch let error as ObjectStoreError {
        throw error
      } catch {
        if Task.isCancelled { throw .failed(what, reason: "cancelled") }
        reason = Self.words(error)
      }
    }
    throw .failed(
      what, reason: "\(configuration.endpoint) did not answer as it should: \(reason)")
  }

  private static func words(_ error: any Error) -> String {
    guard let error = error as? URLError else { return "\(error)" }
    switch error.code {
    case .timedOut: return "it was silent for too long"
    case .cannotConnectToHost: return "the connection was refused"
    default: return error.localizedDescription
    }
  }

  private func urlRequest(_ request: Request) throws(ObjectStoreError) -> URLRequest {
    let path =
      "/" + request.bucket
      + (request.key.isEmpty ? "" : "/" + S3Signature.encoded(request.key, keepsSlashes: true))
    let query = request.query.sorted { $0.name < $1.name }.map { name, value in
      "\(S3Signature.encoded(name, keepsSlashes: false))="
        + S3Signature.encoded(value, keepsSlashes: false)
    }.joined(separator: "&")
    let scheme = configuration.usesTLS ? "https" : "http"
    let text = "\(scheme)://\(configuration.host)\(path)" + (query.isEmpty ? "" : "?\(query)")
    guard let url = URL(string: text) else {
      throw .failed(configuration.endpoint, reason: "it is no address of a server")
    }
    var out = URLRequest(url: url, timeoutInterval: configuration.timeout)
    out.httpMethod = request.method
    let headers = S3Signature(configuration: configuration).headers(
      method: request.method, path: path, query: query,
      payloadHash: S3Signature.hash(request.body ?? Data()), time: Self.time(),
      further: request.headers)
    for (name, value) in headers { out.setValue(value, forHTTPHeaderField: name) }
    out.httpBody = request.body
    if request.body != nil {
      // Left to itself, URLSession says that the body is a form.
      out.setValue("application/octet-stream", forHTTPHeaderField: "content-type")
    }
    return out
  }

  private static func time() -> String {
    let now = time_t(Date().timeIntervalSince1970)
    var (moment, parts) = (now, tm())
    gmtime_r(&moment, &parts)
    func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return "\(parts.tm_year + 1900)\(two(parts.tm_mon + 1))\(two(parts.tm_mday))T"
      + "\(two(parts.tm_hour))\(two(parts.tm_min))\(two(parts.tm_sec))Z"
  }

  private func load(_ request: URLRequest) async throws -> (Data, HTTPURLResponse) {
    let task = TaskHolder()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let running = session.dataTask(with: request) { body, response, error in
          if let error {
            continuation.resume(throwing: error)
          } else if let response = response as? HTTPURLResponse {
            continuation.resume(returning: (body ?? Data(), response))
          } else {
            continuation.resume(throwing: URLError(.badServerResponse))
          }
        }
        task.start(running)
      }
    } onCancel: {
      task.cancel()
    }
  }
}

/// The task of a request, for whoever cancels it.
private final class TaskHolder: @unchecked Sendable {
  // @unchecked Sendable: the lock guards both.
  private let lock = NSLock()
  private var task: URLSessionTask?
  private var isCancelled = false

  func start(_ task: URLSessionTask) {
    let isCancelled = lock.withLock {
      self.task = task
      return self.isCancelled
    }
    task.resume()
    if isCancelled { task.cancel() }
  }

  func cancel() {
    let task = lock.withLock {
      isCancelled = true
      return self.task
    }
    task?.cancel()
  }
}

/// The few elements that answers of S3 are read for.
enum XMLText {
  static func all(_ name: String, in text: String) -> [String] {
    var found: [String] = []
    var rest = Substring(text)
    while let start = rest.firstRange(of: "<\(name)>"),
      let end = rest[start.upperBound...].firstRange(of: "</\(name)>")
    {
      found.append(plain(String(rest[start.upperBound..<end.lowerBound])))
      rest = rest[end.upperBound...]
    }
    return found
  }

  static func first(_ name: String, in text: String) -> String? { all(name, in: text).first }

  private static func plain(_ text: String) -> String {
    var text = text
    let entities = [
      ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&"),
    ]
    for (entity, character) in entities { text = text.replacing(entity, with: character) }
    return text
  }
}
