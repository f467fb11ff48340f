import Testing

@testable import Engine

@Suite struct LoopbackGuardTests {
  @Test(arguments: [
    "127.0.0.1:9464", "localhost:9464", "LOCALHOST", "[::1]:9464", "127.1.2.3",
  ])
  func `programs on this machine are let in`(_ host: String) {
    #expect(LoopbackGuard.allows(authority: host, origin: nil))
    #expect(LoopbackGuard.allows(authority: host, origin: "http://\(host)"))
  }

  @Test(arguments: [
    "example.com", "127.0.0.1.example.com", "localhost.example.com:9464", "10.0.0.1", "[::2]:1",
    "127.0.0.1@example.com", "127.0.0.1:x", "",
  ])
  func `a host or origin that is not loopback is turned away`(_ host: String) {
    #expect(!LoopbackGuard.allows(authority: host, origin: nil))
    #expect(!LoopbackGuard.allows(authority: "127.0.0.1:9464", origin: "http://\(host)"))
    #expect(!LoopbackGuard.allows(authority: "127.0.0.1:9464", origin: "null"))
  }
}
