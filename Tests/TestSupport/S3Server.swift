import Foundation

/// An S3 API on loopback: moto's server, in a process of its own.
package final class S3Server: Sendable {
  package let endpoint: String
  private let process: ChildProcess
  private let directory: TemporaryDirectory

  /// Starts it on a free port and awaits that it answers.
  package init() async throws {
    directory = try TemporaryDirectory()
    let output = directory.file("port")
    let script = """
      import sys
      from werkzeug.serving import make_server
      from moto.server import DomainDispatcherApplication, create_backend_app
      server = make_server('127.0.0.1', 0,
          DomainDispatcherApplication(create_backend_app), threaded=True)
      with open(sys.argv[1] + '.new', 'w') as file:
          file.write(str(server.server_port))
      import os
      os.rename(sys.argv[1] + '.new', sys.argv[1])
      server.serve_forever()
      """
    process = try ChildProcess(Self.python, ["-c", script, output])
    let isUp = await eventually(within: 60) {
      FileManager.default.fileExists(atPath: output)
    }
    guard isUp else {
      process.signal(SIGKILL)
      throw CocoaError(.executableLoad)
    }
    let port = try String(contentsOfFile: output, encoding: .utf8)
    endpoint = "http://127.0.0.1:\(port)"
  }

  deinit { process.signal(SIGKILL) }

  package func stop() async {
    process.signal(SIGKILL)
    _ = await process.wait()
  }

  /// The Python that scripts/install-dependencies made, unless WEIR_TEST_PYTHON names another.
  private static var python: String {
    if let given = ProcessInfo.processInfo.environment["WEIR_TEST_PYTHON"] { return given }
    return URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent(".deps/python/bin/python").path
  }

  /// Makes a bucket, by a request that needs no signature there.
  package func makeBucket(_ name: String) async throws {
    let outcome = try await ChildProcess.run(
      Self.python,
      [
        "-c",
        "import sys, urllib.request as r; "
          + "r.urlopen(r.Request(sys.argv[1], method='PUT', data=b''))",
        "\(endpoint)/\(name)",
      ])
    guard outcome.status == 0 else { throw CocoaError(.fileWriteUnknown) }
  }
}
