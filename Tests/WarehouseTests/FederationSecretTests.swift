import Core
import LocalPostgres
import TestSupport
import Testing
import Warehouse

/// Secrets go to servers that the configuration names, and never as they are.
@Suite struct FederationSecretTests {
  @Test func `no server is connected to that the configuration does not name`() async throws {
    let fixture = try await FederatedFixture(tables: "CREATE TABLE t (id integer)")
    for uri in ["localhost", "127.0.0.1", "::1", "db.localhost", "db.example.com"] {
      try await fixture.run(fixture.create("elsewhere", uri: uri, port: fixture.server.port))
      let failure = await fixture.failure("SELECT * FROM elsewhere.t")
      #expect(failure?.sqlState == "08001", "\(uri)")
      #expect(failure?.message.contains("no endpoint is configured") == true)
      #expect(failure?.hint?.contains("\"\(uri)\": HOST:\(fixture.server.port)") == true)
      try await fixture.run("DROP SCHEMA elsewhere")
    }
    await fixture.close()
  }

  @Test func `a server that asks for the password itself does not get it`() async throws {
    let server = try await PostgresFixture.makeServer()
    let fixture = try await FederatedFixture(
      server: server, tables: "CREATE TABLE t (id integer); INSERT INTO t VALUES (1)")
    let hba = try await server.query("SHOW hba_file").split(separator: "\n").first ?? ""
    try await server.query(
      "COPY (SELECT 'host all all 127.0.0.1/32 password') TO '\(hba)'; SELECT pg_reload_conf()")
    // A connection that was made before is not asked again.
    let isReloaded = await eventually {
      _ = try? await fixture.run("DROP SCHEMA live; \(fixture.create("live"))")
      return await fixture.failure("SELECT * FROM live.t")?.sqlState == "28000"
    }
    #expect(isReloaded)
    let failure = await fixture.failure("SELECT * FROM live.t")
    #expect(failure?.message.contains("asks for the password itself") == true)
    #expect(failure?.message.contains(server.password) == false)
    try await server.query(
      "COPY (SELECT 'host all all 127.0.0.1/32 scram-sha-256') TO '\(hba)'; SELECT pg_reload_conf()"
    )
    #expect(
      await eventually { (try? await fixture.run("SELECT id FROM live.t")) == [["1"]] })
    await server.stop(.kill)
    await fixture.close()
  }
}
