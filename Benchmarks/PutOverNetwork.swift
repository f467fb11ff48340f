import Foundation
import Synchronization

/// Records per second from several producers at once through a socket: PutRecords on Weir (and on
/// the moto server), XADD on Redis.
///
/// One load generator for all: each connection is a thread that writes a prepared request, reads
/// the whole answer, and goes on. The peers share the two cores with it alike.
struct PutOverNetwork {
  static let rounds = 3
  static let roundSeconds = 3.0
  static let connections = 8
  static let batchRecords = 500
  static let recordBytes = 300

  let directory: String

  func run() async throws {
    let weir = try await Peers.weir(directory: directory + "/put-weir")
    try make(5, on: weir)
    print(
      "put over the network: \(Self.connections) connections, records of "
        + "\(Self.recordBytes) bytes")
    for batch in [Self.batchRecords, 1] {
      for policy in ["everysec", "always"] {
        guard let redis = try await Peers.redis(directory: directory + "/redis", fsync: policy)
        else {
          print("  redis-server is not installed: apt-get install redis-server")
          break
        }
        try compare(
          "\(batch) a request; redis with appendfsync \(policy)", weir, kinesis(batch), redis,
          commands(batch), count: batch)
        await redis.end()
      }
    }
    guard let moto = try await Peers.moto() else {
      print("  moto is not installed: .deps/python/bin/pip install 'moto[server]'")
      return
    }
    try make(5, on: moto)
    try compare(
      "\(Self.batchRecords) a request; moto", weir, kinesis(Self.batchRecords), moto,
      kinesis(Self.batchRecords), count: Self.batchRecords)
    await moto.end()
    await weir.end()
  }

  private func compare(
    _ title: String, _ weir: Peer, _ weirRequests: [[UInt8]], _ peer: Peer,
    _ peerRequests: [[UInt8]], count: Int
  ) throws {
    var rates: (weir: [Double], peer: [Double]) = ([], [])
    for _ in 0..<Self.rounds {
      rates.weir.append(try rate(weir, weirRequests, count, HTTPAnswer.read))
      rates.peer.append(
        try rate(peer, peerRequests, count) { socket in
          if peer.isHTTP {
            try HTTPAnswer.read(from: socket)
          } else {
            try RedisAnswer.read(count, from: socket)
          }
        })
    }
    let (own, other) = (Measuring.median(rates.weir), Measuring.median(rates.peer))
    print("  \(title)")
    print("    weir:  \(Int(own)) records/s")
    print("    peer:  \(Int(other)) records/s")
    print("    ratio: \(Measuring.ratio(own / other))")
    fflush(nil)
  }

  /// Records per second that were acknowledged.
  private func rate(
    _ peer: Peer, _ requests: [[UInt8]], _ count: Int,
    _ answer: @escaping @Sendable (Socket) throws -> Bool
  ) throws -> Double {
    let outcome = Mutex((records: 0, failure: (any Error)?.none))
    let group = DispatchGroup()
    let start = ContinuousClock.now
    let deadline = start + .seconds(Self.roundSeconds)
    for connection in 0..<Self.connections {
      group.enter()
      Thread.detachNewThread {
        do {
          var socket = try Socket(port: peer.port)
          var index = connection
          while ContinuousClock.now < deadline {
            try socket.write(requests[index % requests.count])
            if try !answer(socket) { socket = try Socket(port: peer.port) }
            outcome.withLock { $0.records += count }
            index += 1
          }
        } catch {
          outcome.withLock { $0.failure = error }
        }
        group.leave()
      }
    }
    group.wait()
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let (records, failure) = outcome.withLock { $0 }
    if let failure { throw failure }
    return Double(records) / seconds
  }

  private func make(_ shards: Int, on peer: Peer) throws {
    let socket = try Socket(port: peer.port)
    try socket.write(
      Self.request("CreateStream", #"{"StreamName":"s","ShardCount":\#(shards)}"#))
    try HTTPAnswer.read(from: socket)
  }

  // MARK: Requests

  /// Different ones, so that keys and payloads vary.
  private static let variants = 16

  private func payload(_ seed: Int) -> [UInt8] {
    let head = #"{"order_id":\#(seed),"customer_id":"customer-\#(seed % 997)","note":""#
    return Array(head.utf8)
      + (head.utf8.count..<(Self.recordBytes - 2)).map { UInt8(97 + ($0 &* seed) % 26) }
      + Array(#""}"#.utf8)
  }

  private func kinesis(_ count: Int) -> [[UInt8]] {
    (0..<Self.variants).map { variant in
      let entries = (0..<count).map { index -> String in
        let seed = variant * count + index + 1
        let data = Data(payload(seed)).base64EncodedString()
        return #""Data":"\#(data)","PartitionKey":"customer-\#(seed % 997)""#
      }
      return count == 1
        ? Self.request("PutRecord", #"{"StreamName":"s",\#(entries[0])}"#)
        : Self.request(
          "PutRecords",
          #"{"StreamName":"s","Records":[\#(entries.map { "{\($0)}" }.joined(separator: ","))]}"#)
    }
  }

  /// As boto3 sends it; the signature is nobody's.
  private static func request(_ operation: String, _ body: String) -> [UInt8] {
    let head = [
      "POST / HTTP/1.1", "Host: 127.0.0.1", "X-Amz-Target: Kinesis_20131202.\(operation)",
      "Content-Type: application/x-amz-json-1.1",
      "Authorization: AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/kinesis/aws4_request, "
        + "SignedHeaders=host, Signature=0000",
      "X-Amz-Date: 20260101T000000Z", "Content-Length: \(body.utf8.count)", "", body,
    ]
    return Array(head.joined(separator: "\r\n").utf8)
  }

  /// As many XADDs, sent together, to five streams.
  private func commands(_ count: Int) -> [[UInt8]] {
    (0..<Self.variants).map { variant in
      (0..<count).flatMap { index -> [UInt8] in
        let seed = variant * count + index + 1
        let words = ["XADD", "s\(seed % 997 % 5)", "*", "customer-\(seed % 997)"]
        let head = words.map { "$\($0.utf8.count)\r\n\($0)\r\n" }.joined()
        return Array("*5\r\n\(head)$\(Self.recordBytes)\r\n".utf8) + payload(seed) + [13, 10]
      }
    }
  }
}
