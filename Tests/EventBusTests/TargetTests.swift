import Core
import Foundation
import TestSupport
import Testing

@testable import EventBus

@Suite struct TargetTests {
  private func delivery(_ arn: String, input: String = #"{"n":1}"#) throws -> Delivery {
    Delivery(
      key: "k", eventID: "e", event: Array("{}".utf8), input: Array(input.utf8),
      target: try TargetDefinition(["Id": "t", "Arn": .string(arn)]), bus: "default", rule: "r",
      attempt: 1, acceptedAt: Timestamp(seconds: 0))
  }

  private func failure(_ body: () async throws(DeliveryError) -> Void) async -> DeliveryError? {
    do throws(DeliveryError) {
      try await body()
      return nil
    } catch {
      return error
    }
  }

  @Test func `a log group is a file of JSON lines, whatever its name`() async throws {
    let directory = try TemporaryDirectory()
    let target = LogGroupTarget(folder: directory.path, clock: ManualClock())
    let arn = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/../events:*"
    try await target.deliver(try delivery(arn))
    try await target.deliver(try delivery(arn, input: "\"a\"\n\"b\""))
    let files = try FileManager.default.contentsOfDirectory(atPath: directory.path)
    #expect(files == ["aws....events.log"])
    let text = try String(contentsOfFile: directory.file(files[0]), encoding: .utf8)
    let lines = text.split(separator: "\n").map { try? JSONValue(parsing: String($0)) }
    #expect(lines.map { $0?["message"] } == [["n": 1], "\"a\"\n\"b\""])
  }

  private func function(
    _ script: String, timeout: Double = 20, memory: Int = 512
  ) throws -> (FunctionTarget, TemporaryDirectory) {
    let directory = try TemporaryDirectory()
    var definition = FunctionDefinition(name: "f", command: ["/bin/sh", "-c", script])
    definition.timeout = timeout
    definition.memory = memory
    return (FunctionTarget([definition], folder: directory.file("functions")), directory)
  }

  @Test func `a function gets the event on its standard input`() async throws {
    let directory = try TemporaryDirectory()
    let (target, own) = try function("cat > \(directory.file("seen"))")
    try await target.deliver(try delivery(EventBroker.function))
    let seen = try String(contentsOfFile: directory.file("seen"), encoding: .utf8)
    #expect(seen == #"{"n":1}"#)
    let left = try FileManager.default.contentsOfDirectory(atPath: own.file("functions"))
    #expect(left.isEmpty)
  }

  @Test func `a function that fails says why`() async throws {
    let (target, directory) = try function("echo broken >&2; exit 3")
    let delivery = try delivery(EventBroker.function)
    let error = await failure { () async throws(DeliveryError) in
      try await target.deliver(delivery)
    }
    #expect(error?.code == .errorFromTarget && error?.isRetryable == true)
    #expect(error?.message.contains("status 3: broken") == true)
    withExtendedLifetime(directory) {}
  }

  @Test func `a function that does not end is killed`() async throws {
    let (target, directory) = try function("exec /bin/sleep 600", timeout: 0.2)
    let delivery = try delivery(EventBroker.function)
    let error = await failure { () async throws(DeliveryError) in
      try await target.deliver(delivery)
    }
    #expect(error?.code == .timeout)
    withExtendedLifetime(directory) {}
  }

  @Test func `a function gets no more memory than it may have`() async throws {
    let (greedy, other) = try function(
      "x=x; while true; do x=$x$x; done", memory: 32)
    let delivery = try delivery(EventBroker.function)
    let error = await failure { () async throws(DeliveryError) in
      try await greedy.deliver(delivery)
    }
    #expect(error?.code == .errorFromTarget)
    withExtendedLifetime(other) {}
  }

  @Test func `nothing but this machine is contacted by HTTP`() async throws {
    try await withBroker { broker in
      let target = HTTPTarget(broker)
      for address in ["http://192.0.2.1/", "https://127.0.0.1/", "http://example.com:80/x"] {
        let delivery = try delivery(address)
        let error = await failure { () async throws(DeliveryError) in
          try await target.deliver(delivery)
        }
        #expect(error?.code == .invalidParameter && error?.isRetryable == false, "\(address)")
      }
      let delivery = try delivery("http://127.0.0.1:1/")
      let error = await failure { () async throws(DeliveryError) in
        try await target.deliver(delivery)
      }
      #expect(error?.code == .connectionFailure && error?.isRetryable == true)
    }
  }
}
