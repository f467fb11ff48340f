import Core
import TestSupport
import Testing
import Warehouse

/// PostgreSQL's types as the warehouse sees them.
@Suite struct FederatedTypeTests {
  @Test func `values of all types arrive as PostgreSQL prints them`() async throws {
    let fixture = try await FederatedFixture(
      tables: """
        CREATE TYPE mood AS ENUM ('sad', 'ok');
        CREATE TABLE types (
          b boolean, s smallint, i integer, l bigint, r real, d double precision,
          n numeric(10, 2), n0 numeric, c char(4), v varchar(20), t text, da date,
          ts timestamp, tz timestamptz, ti time, tt timetz, iv interval, u uuid, j json,
          jb jsonb, a integer[], a2 text[][], by bytea, e mood, bi bit(3), m money, ip inet,
          x xml, ra int4range);
        INSERT INTO types VALUES (
          true, -1, 2, 3, 1.5, 2.25, 12.30, 0.125, 'ab', 'vc', 'té', '2026-11-25',
          '2026-11-25 01:02:03.5', '2026-11-25 01:02:03+02', '10:11:12', '10:11:12+02',
          '1 year 2 mons 3 days 04:05:06', '6f1e0c7e-4f6b-4d3e-9a43-2d2e8d0f7a11', '{"k": [1]}',
          '{"k": 1}', '{1,NULL,3}', '{{a,b},{c,d}}', '\\xdeadbeef', 'ok', b'101', '$5.00',
          '10.0.0.1', '<a/>', '[1,5)'), (
          NULL, NULL, NULL, NULL, 'NaN', '-Infinity', NULL, NULL, NULL, NULL, NULL, 'infinity',
          '-infinity', 'infinity', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
          NULL, NULL, NULL, NULL, NULL);
        """)
    let rows = try await fixture.run("SELECT * FROM live.types ORDER BY i NULLS LAST")
    #expect(
      rows.first == [
        "t", "-1", "2", "3", "1.5", "2.25", "12.30", "0.125", "ab", "vc", "té", "2026-11-25",
        "2026-11-25 01:02:03.5", "2026-11-24 23:02:03+00", "10:11:12", "10:11:12+02",
        "1 year 2 mons 3 days 04:05:06", "6f1e0c7e-4f6b-4d3e-9a43-2d2e8d0f7a11", "{\"k\": [1]}",
        "{\"k\": 1}", "{1,NULL,3}", "{{a,b},{c,d}}", "\\xdeadbeef", "ok", "101", "$5.00",
        "10.0.0.1/32", "<a/>", "[1,5)",
      ])
    #expect(rows.last?[4] == "NaN")
    #expect(rows.last?[5] == "-Infinity")
    #expect(rows.last?[11...13] == ["infinity", "-infinity", "infinity"])
    await fixture.close()
  }

  @Test func `filters on such columns are right, and those on others go to the server`()
    async throws
  {
    let fixture = try await FederatedFixture(
      tables: """
        CREATE TABLE t (id integer, u uuid, by bytea, e text);
        INSERT INTO t SELECT g, ('00000000-0000-0000-0000-' || lpad(g::text, 12, '0'))::uuid,
          decode(lpad(to_hex(g), 4, '0'), 'hex'), 'é' || g FROM generate_series(1, 50) g;
        """)
    #expect(
      try await fixture.run(
        "SELECT id FROM live.t WHERE u = '00000000-0000-0000-0000-000000000007'") == [["7"]])
    #expect(try await fixture.run("SELECT id FROM live.t WHERE by = '\\\\x0008'") == [["8"]])
    #expect(try await fixture.run("SELECT by FROM live.t WHERE id = 9") == [["\\x0009"]])
    #expect(
      try await fixture.run("SELECT id FROM live.t WHERE e LIKE 'é1_' ORDER BY e LIMIT 2")
        == [["10"], ["11"]])
    let sent = try await fixture.run(
      "SELECT external_query_text, returned_rows FROM sys_external_query_detail ORDER BY query_id")
    #expect(sent.first?[0].contains("\"u\" = '00000000") == true)
    #expect(sent.first?[1] == "1")
    #expect(sent.count == 4 && sent[2][1] == "1")
    await fixture.close()
  }

  @Test func `a numeric that is no number fails by its name, a bigint of the same bytes does not`()
    async throws
  {
    let fixture = try await FederatedFixture(
      tables: """
        CREATE TABLE odd (id integer, n numeric, p numeric(10, 2), d double precision);
        INSERT INTO odd SELECT g, g, g, g FROM generate_series(1, 3000) g;
        INSERT INTO odd VALUES (4000, 'NaN', 1, 'NaN'), (5000, 1, 'NaN', 1);
        CREATE TABLE even (l bigint, n numeric);
        INSERT INTO even VALUES (3221225472, 1);
        """)
    let open = await fixture.failure("SELECT sum(n) FROM live.odd")
    #expect(open?.sqlState == "22003")
    #expect(open?.message.contains("\"n\" of \"live.odd\"") == true)
    let fixed = await fixture.failure("SELECT max(p) FROM live.odd WHERE id = 5000")
    #expect(fixed?.message.contains("\"p\"") == true)
    #expect(try await fixture.run("SELECT sum(n) FROM live.odd WHERE id <= 3000") == [["4501500"]])
    #expect(try await fixture.run("SELECT d FROM live.odd WHERE id = 4000") == [["NaN"]])
    #expect(try await fixture.run("SELECT l, n FROM live.even") == [["3221225472", "1"]])
    await fixture.close()
  }

  @Test func `a long text arrives whole`() async throws {
    let fixture = try await FederatedFixture(
      tables: "CREATE TABLE t (x text); INSERT INTO t VALUES (repeat('y', 200000))")
    #expect(try await fixture.run("SELECT len(x) FROM live.t") == [["200000"]])
    await fixture.close()
  }
}
