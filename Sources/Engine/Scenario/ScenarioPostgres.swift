internal import Foundation
internal import LocalPostgres
internal import Warehouse

/// The PostgreSQL server that a scenario asks for, with its tables; gone when it is ended.
package final class ScenarioPostgres: Sendable {
  private let server: LocalPostgres
  private let folder: String
  private let scenario: Scenario.Postgres

  /// - Returns: nil for a scenario without one.
  /// - Throws: `EngineError` if PostgreSQL is not installed, or what it said.
  package static func start(for scenario: Scenario) async throws -> ScenarioPostgres? {
    guard let postgres = scenario.postgres else { return nil }
    guard LocalPostgres.isInstalled else {
      throw EngineError(
        "the scenario \(scenario.name) needs a PostgreSQL server; scripts/install-dependencies "
          + "installs one")
    }
    let folder =
      FileManager.default.temporaryDirectory.path + "/weir-pg-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    do {
      let server = try await LocalPostgres.start(in: folder)
      let made = ScenarioPostgres(server: server, folder: folder, scenario: postgres)
      do {
        try await made.fill()
      } catch {
        await made.end()
        throw error
      }
      return made
    } catch {
      try? FileManager.default.removeItem(atPath: folder)
      throw EngineError("the scenario's PostgreSQL: \(error)")
    }
  }

  private init(server: LocalPostgres, folder: String, scenario: Scenario.Postgres) {
    self.server = server
    self.folder = folder
    self.scenario = scenario
  }

  private func fill() async throws {
    try await server.createDatabase(scenario.database)
    for statement in scenario.statements {
      try await server.query(statement, database: scenario.database)
    }
  }

  /// Lets external schemas find the server.
  package func configure(_ configuration: inout EngineConfiguration) {
    configuration.federation.endpoints[scenario.uri.lowercased()] = .init(
      host: "127.0.0.1", port: server.port)
    configuration.federation.secrets[scenario.secret] = .init(
      user: LocalPostgres.user, password: server.password)
  }

  package func end() async {
    await server.stop(.kill)
    try? FileManager.default.removeItem(atPath: folder)
  }
}
