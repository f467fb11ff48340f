import Foundation
package import LocalPostgres
import Synchronization

/// A real PostgreSQL for tests: one server for the whole process, with a database for each test.
package enum PostgresFixture {
  private static let cleaner = Cleaner()

  /// A cluster that was made once and is copied for each server.
  private static let template = Task {
    let folder = try TemporaryDirectory()
    cleaner.keep(folder)
    try await LocalPostgres.makeCluster(in: folder.path)
    return folder.path
  }

  private static let shared = Task { try await makeServer() }

  /// A server of a test's own, which it may stop and kill.
  package static func makeServer() async throws -> LocalPostgres {
    let folder = try TemporaryDirectory()
    let server = try await LocalPostgres.start(in: folder.path, template: template.value)
    cleaner.keep(folder, server)
    return server
  }

  /// The server of the same cluster again, after it was stopped.
  package static func restart(_ server: LocalPostgres) async throws -> LocalPostgres {
    let again = try await server.startAgain()
    cleaner.keep(nil, again)
    return again
  }

  /// A new and empty database of the shared server.
  package static func makeDatabase() async throws -> (server: LocalPostgres, name: String) {
    let server = try await shared.value
    let name = "t\(cleaner.nextNumber())"
    try await server.createDatabase(name)
    return (server, name)
  }
}

/// Ends the servers when the process ends.
private final class Cleaner: Sendable {
  private struct State {
    var servers: [LocalPostgres] = []
    var folders: [TemporaryDirectory] = []
    var number = 0
  }

  private let state = Mutex(State())
  private static let all = Mutex<[Cleaner]>([])

  init() {
    Self.all.withLock { $0.append(self) }
    atexit {
      for cleaner in Cleaner.all.withLock({ $0 }) { cleaner.clean() }
    }
  }

  func nextNumber() -> Int {
    state.withLock { state in
      state.number += 1
      return state.number
    }
  }

  func keep(_ folder: TemporaryDirectory?, _ server: LocalPostgres? = nil) {
    state.withLock { state in
      if let folder { state.folders.append(folder) }
      if let server { state.servers.append(server) }
    }
  }

  private func clean() {
    state.withLock { state in
      for server in state.servers {
        server.resume()
        server.endAtOnce(.kill)
      }
      for folder in state.folders { try? FileManager.default.removeItem(atPath: folder.path) }
    }
  }
}
