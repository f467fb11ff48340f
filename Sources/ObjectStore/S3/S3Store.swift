internal import Core
internal import Crypto
internal import Foundation

/// Objects behind an S3 API. Buckets must be there already.
package final class S3Store: ObjectStore {
  package let access: S3Configuration?
  private let client: S3Client
  private let staging: String
  private let queue = BlockingQueue(label: "weir.s3")

  /// A file is put in one piece up to this size, and in pieces of `partBytes` above it.
  private static let singleBytesMax = 64 << 20
  private static let partBytes = 32 << 20
  /// Of each request that downloads.
  private static let rangeBytes = 16 << 20

  /// Blocking: makes the folder, and removes what a crash left in it.
  ///
  /// - Parameter folder: for files that are to be put, and for copies of objects.
  package init(_ configuration: S3Configuration, staging folder: String) throws(ObjectStoreError) {
    access = configuration
    client = S3Client(configuration)
    staging = folder
    do {
      try? FileManager.default.removeItem(atPath: folder)
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw .failed(folder, reason: error.localizedDescription)
    }
  }

  // MARK: Names

  package func location(of address: ObjectAddress) throws(ObjectStoreError) -> String {
    guard ObjectAddress.isBucketName(address.bucket) else {
      throw .invalidAddress("\(address)", "\"\(address.bucket)\" is no name of a bucket")
    }
    guard !address.key.isEmpty, !address.key.contains(where: { "*?[\0".contains($0) }) else {
      throw .invalidAddress("\(address)", "its key cannot be read")
    }
    return "\(address)"
  }

  package func address(ofLocation location: String) -> ObjectAddress? {
    guard let address = try? ObjectAddress(parsing: location), !address.key.isEmpty else {
      return nil
    }
    return address
  }

  // MARK: Reading

  package func list(_ prefix: ObjectAddress) async throws(ObjectStoreError) -> [ObjectSummary] {
    var found: [ObjectSummary] = []
    var token: String?
    repeat {
      var query = [
        (name: "list-type", value: "2"), (name: "prefix", value: prefix.key),
        (name: "encoding-type", value: "url"),
      ]
      if let token { query.append((name: "continuation-token", value: token)) }
      let answer = try await client.send(S3Client.Request(bucket: prefix.bucket, query: query))
      if answer.status == 404 { return [] }
      try check(answer, prefix)
      found += Self.summaries(answer.text, bucket: prefix.bucket)
      token =
        XMLText.first("IsTruncated", in: answer.text) == "true"
        ? XMLText.first("NextContinuationToken", in: answer.text) : nil
    } while token != nil
    return found.sorted { $0.address < $1.address }
  }

  private static func summaries(_ text: String, bucket: String) -> [ObjectSummary] {
    XMLText.all("Contents", in: text).compactMap { entry in
      guard let key = XMLText.first("Key", in: entry) else { return nil }
      let plain = key.replacing("+", with: " ").removingPercentEncoding ?? key
      return ObjectSummary(
        address: ObjectAddress(bucket: bucket, key: plain),
        byteCount: XMLText.first("Size", in: entry).flatMap { Int($0) } ?? 0,
        modified: time(XMLText.first("LastModified", in: entry) ?? ""))
    }
  }

  private static func time(_ text: String) -> Timestamp {
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: text.contains("."))
    let seconds = (try? style.parse(text))?.timeIntervalSince1970 ?? 0
    return Timestamp(microseconds: Int64((seconds * 1e6).rounded()))
  }

  private func check(
    _ answer: S3Client.Answer, _ address: ObjectAddress
  ) throws(ObjectStoreError) {
    if answer.status == 404 { throw .noSuchObject(address) }
    guard (200..<300).contains(answer.status) else {
      throw .failed("\(address)", reason: answer.reason)
    }
  }

  /// Its size; nil if there is none.
  private func size(_ address: ObjectAddress) async throws(ObjectStoreError) -> (
    bytes: Int, tag: String
  )? {
    let answer = try await client.send(
      S3Client.Request(method: "HEAD", bucket: address.bucket, key: address.key))
    if answer.status == 404 { return nil }
    try check(answer, address)
    return (
      answer.headers["content-length"].flatMap { Int($0) } ?? 0,
      (answer.headers["etag"] ?? "").filter { $0 != "\"" }
    )
  }

  package func read(
    _ address: ObjectAddress, bytesMax: Int
  ) async throws(ObjectStoreError) -> [UInt8] {
    guard let size = try await size(address) else { throw .noSuchObject(address) }
    guard size.bytes <= bytesMax else {
      throw .failed("\(address)", reason: "it has more than \(bytesMax) bytes")
    }
    let answer = try await client.send(
      S3Client.Request(bucket: address.bucket, key: address.key))
    try check(answer, address)
    return Array(answer.body)
  }

  package func localPath(of address: ObjectAddress) async throws(ObjectStoreError) -> String? {
    nil
  }

  package func download(
    _ address: ObjectAddress, to path: String
  ) async throws(ObjectStoreError) {
    guard let size = try await size(address) else { throw .noSuchObject(address) }
    try await onQueue(path) { () throws(ObjectStoreError) in
      guard FileManager.default.createFile(atPath: path, contents: nil) else {
        throw .failed(path, reason: "it could not be made")
      }
    }
    var place = 0
    while place < size.bytes {
      let end = min(place + Self.rangeBytes, size.bytes)
      let answer = try await client.send(
        S3Client.Request(
          bucket: address.bucket, key: address.key,
          headers: ["range": "bytes=\(place)-\(end - 1)", "if-match": "\"\(size.tag)\""]))
      if answer.status == 412 {
        throw .failed("\(address)", reason: "it changed while it was read")
      }
      try check(answer, address)
      guard answer.body.count == end - place else {
        throw .failed("\(address)", reason: "\(answer.body.count) bytes came, not \(end - place)")
      }
      let (offset, bytes) = (UInt64(place), answer.body)
      try await onQueue(path) { () throws(ObjectStoreError) in
        try Self.write(bytes, to: path, at: offset)
      }
      place = end
    }
  }

  private static func write(
    _ bytes: Data, to path: String, at offset: UInt64
  ) throws(ObjectStoreError) {
    do {
      let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      try file.seek(toOffset: offset)
      try file.write(contentsOf: bytes)
      try file.close()
    } catch {
      throw .failed(path, reason: error.localizedDescription)
    }
  }

  // MARK: Writing

  package func put(
    file path: String, as address: ObjectAddress, replaces: Bool
  ) async throws(ObjectStoreError) -> ObjectSummary {
    _ = try location(of: address)
    if !replaces, try await size(address) != nil { throw .alreadyExists(address) }
    let byteCount = try await byteCount(of: path)
    if byteCount <= Self.singleBytesMax {
      try await putWhole(path, byteCount, address, replaces: replaces)
    } else {
      try await putParts(path, byteCount, address, replaces: replaces)
    }
    try await onQueue(path) { () throws(ObjectStoreError) in
      _ = unlink(path)
    }
    let now = Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1e6))
    return ObjectSummary(address: address, byteCount: byteCount, modified: now)
  }

  private func putWhole(
    _ path: String, _ byteCount: Int, _ address: ObjectAddress, replaces: Bool
  ) async throws(ObjectStoreError) {
    let body = try await bytes(of: path, at: 0, byteCount)
    var request = S3Client.Request(
      method: "PUT", bucket: address.bucket, key: address.key, body: body)
    if !replaces { request.headers["if-none-match"] = "*" }
    let answer = try await client.send(request)
    guard answer.status == 412 else { return try check(written: answer, address) }
    // An attempt whose answer was lost may have put it.
    let digest = S3Signature.hex(Insecure.MD5.hash(data: body))
    guard answer.isRepeated, try await size(address)?.tag == digest else {
      throw .alreadyExists(address)
    }
  }

  private func check(
    written answer: S3Client.Answer, _ address: ObjectAddress
  ) throws(ObjectStoreError) {
    guard (200..<300).contains(answer.status) else {
      throw .failed("\(address)", reason: answer.reason)
    }
  }

  private func putParts(
    _ path: String, _ byteCount: Int, _ address: ObjectAddress, replaces: Bool
  ) async throws(ObjectStoreError) {
    let started = try await client.send(
      S3Client.Request(
        method: "POST", bucket: address.bucket, key: address.key,
        query: [(name: "uploads", value: "")]))
    try check(written: started, address)
    guard let upload = XMLText.first("UploadId", in: started.text) else {
      throw .failed("\(address)", reason: "the upload got no id")
    }
    do throws(ObjectStoreError) {
      // S3 takes at most 10,000 parts.
      let partBytes = max(Self.partBytes, byteCount / 9_000)
      var tags: [String] = []
      for place in stride(from: 0, to: byteCount, by: partBytes) {
        let body = try await bytes(of: path, at: place, min(partBytes, byteCount - place))
        let answer = try await client.send(
          S3Client.Request(
            method: "PUT", bucket: address.bucket, key: address.key,
            query: [
              (name: "partNumber", value: "\(tags.count + 1)"), (name: "uploadId", value: upload),
            ], body: body))
        try check(written: answer, address)
        tags.append(answer.headers["etag"] ?? "")
      }
      try await complete(upload, tags, address, replaces: replaces)
    } catch {
      _ = try? await client.send(
        S3Client.Request(
          method: "DELETE", bucket: address.bucket, key: address.key,
          query: [(name: "uploadId", value: upload)]))
      throw error
    }
  }

  private func complete(
    _ upload: String, _ tags: [String], _ address: ObjectAddress, replaces: Bool
  ) async throws(ObjectStoreError) {
    let parts = tags.enumerated().map { index, tag in
      "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\(tag)</ETag></Part>"
    }.joined()
    let answer = try await client.send(
      S3Client.Request(
        method: "POST", bucket: address.bucket, key: address.key,
        query: [(name: "uploadId", value: upload)],
        headers: replaces ? [:] : ["if-none-match": "*"],
        body: Data("<CompleteMultipartUpload>\(parts)</CompleteMultipartUpload>".utf8)))
    if answer.status == 412 { throw .alreadyExists(address) }
    // An answer of 200 can say in its body that it failed.
    guard answer.status == 200, XMLText.first("Code", in: answer.text) == nil else {
      if answer.isRepeated, answer.status == 404, try await size(address) != nil { return }
      throw .failed("\(address)", reason: answer.reason)
    }
  }

  package func delete(_ address: ObjectAddress) async throws(ObjectStoreError) {
    let answer = try await client.send(
      S3Client.Request(method: "DELETE", bucket: address.bucket, key: address.key))
    guard answer.status != 404 else { return }
    try check(answer, address)
  }

  // MARK: Local files

  package func stagingDirectory() async throws(ObjectStoreError) -> String {
    let path = "\(staging)/\(UUID().uuidString)"
    try await onQueue(path) { () throws(ObjectStoreError) in
      guard mkdir(path, 0o700) == 0 else {
        throw .failed(path, reason: String(cString: strerror(errno)))
      }
    }
    return path
  }

  private func byteCount(of path: String) async throws(ObjectStoreError) -> Int {
    try await onQueue(path) { () throws(ObjectStoreError) in
      var status = stat()
      guard stat(path, &status) == 0 else {
        throw .failed(path, reason: String(cString: strerror(errno)))
      }
      return Int(status.st_size)
    }
  }

  private func bytes(
    of path: String, at offset: Int, _ count: Int
  ) async throws(ObjectStoreError) -> Data {
    try await onQueue(path) { () throws(ObjectStoreError) in
      do {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? file.close() }
        try file.seek(toOffset: UInt64(offset))
        return try file.read(upToCount: count) ?? Data()
      } catch {
        throw .failed(path, reason: error.localizedDescription)
      }
    }
  }

  private func onQueue<Value: Sendable>(
    _ what: String, _ body: @escaping @Sendable () throws(ObjectStoreError) -> Value
  ) async throws(ObjectStoreError) -> Value {
    do {
      return try await queue.run { try body() }
    } catch let error as ObjectStoreError {
      throw error
    } catch {
      throw .failed(what, reason: "\(error)")
    }
  }
}
