import Core
import Testing
import Warehouse

@Suite struct ProcedureTests {
  @Test func `a fault is set, seen and cleared through SQL`() async throws {
    let fixture = try WarehouseFixture()
    let set = """
      CALL weir.set_fault('partial', '0.3', 'PutRecords', 'orders', NULL, 0.5, 10, 7)
      """
    #expect(try await fixture.run(set) == [["1"]])
    let rule = try #require(fixture.faults.entries.first?.rule)
    #expect(
      rule
        == FaultRule(
          operation: "PutRecords", stream: "orders", probability: 0.5,
          effect: .partial(share: 0.3, .init(type: "InternalFailure")), limit: 10, seed: 7))
    let listed = try await fixture.run(
      "SELECT fault_id, kind, value, shard_id, probability, strikes_max FROM sys_weir_faults")
    #expect(listed == [["1", "partial", "0.3 InternalFailure", "NULL", "0.5", "10"]])
    #expect(
      try await fixture.session.notices("CALL set_fault('latency', '0.1s..2s')")
        == ["NOTICE: fault 2 is set: latency 100ms..2s: any operation"])
    #expect(try await fixture.run("CALL weir.clear_faults(1)") == [["1"]])
    #expect(try await fixture.run("CALL weir.clear_faults()") == [["1"]])
    #expect(fixture.faults.isEmpty)
    #expect(try await fixture.session.tags("CALL weir.clear_faults()") == ["CALL"])
    await fixture.close()
  }

  static let errors: [(sql: String, state: String, position: Int, word: String)] = [
    ("SELECT 1; CALL weir.nothing()", "42883", 16, "weir.nothing()"),
    ("CALL public.set_fault('throttle')", "42883", 6, "public.set_fault"),
    ("CALL weir.set_fault()", "42883", 6, "0 arguments"),
    ("CALL weir.set_fault('slow')", "22023", 21, "no kind of fault"),
    ("CALL weir.set_fault('latency', 'soon')", "22023", 32, "250ms"),
    ("CALL weir.set_fault(NULL)", "22004", 21, "kind"),
    ("CALL weir.set_fault('throttle', NULL, NULL, NULL, NULL, 'often')", "22023", 57, "often"),
    ("CALL weir.set_fault('error', 'NoSuch')", "22023", 6, "NoSuch"),
    ("CALL weir.set_fault('latency', '1ms', 'Nope')", "22023", 39, "UpdateStreamMode"),
    ("CALL weir.clear_faults(9)", "22023", 24, "no fault 9"),
  ]

  @Test(arguments: errors)
  func `a wrong call says what is wrong and where`(
    _ example: (sql: String, state: String, position: Int, word: String)
  ) async throws {
    let fixture = try WarehouseFixture()
    let error = try #require(await fixture.session.failure(example.sql))
    #expect(error.sqlState == example.state)
    #expect(error.position == example.position)
    #expect(error.message.contains(example.word))
    await fixture.close()
  }

  @Test func `other parts can add procedures, and all are listed`() async throws {
    let fixture = try WarehouseFixture()
    fixture.warehouse.register(
      Procedure(
        "double_it", [.init("value", .integer), .init("note", .text, isOptional: true)],
        summary: "Twice the value"
      ) { arguments in
        guard let value = arguments.integer("value"), value < 1_000 else {
          throw arguments.error("value", "too much")
        }
        return ProcedureOutcome(
          columns: [
            SQLColumn(name: "doubled", type: .bigint), SQLColumn(name: "note", type: .varchar),
          ], rows: [["\(value * 2)", arguments.text("note")]])
      })
    #expect(try await fixture.run("CALL weir.double_it(21)") == [["42", "NULL"]])
    #expect(try await fixture.run("CALL weir.double_it(-1, 'x')") == [["-2", "x"]])
    #expect(await fixture.session.failure("CALL weir.double_it(5000)")?.position == 21)
    #expect(
      try await fixture.run(
        "SELECT signature FROM sys_weir_procedures WHERE procedure_name = 'double_it'")
        == [["weir.double_it(value bigint [, note varchar])"]])
    await fixture.close()
  }
}
