package import Core
internal import Dispatch

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A log group: a file of one JSON line for each event, with its time.
///
/// A line is written with one `write` and synced before the event counts as delivered. After a
/// crash an event may stand there twice.
package final class LogGroupTarget: EventTarget {
  private let folder: String
  private let clock: any WallClock
  private let queue = DispatchQueue(label: "weir.events.logs")

  /// - Parameter folder: gets `NAME.log` for each group; made when it is needed.
  package init(folder: String, clock: any WallClock) {
    self.folder = folder
    self.clock = clock
  }

  package func concurrency(of target: TargetDefinition) -> Int { 32 }

  package func deliver(_ delivery: Delivery) async throws(DeliveryError) {
    let group = TargetKind.name(of: delivery.target.arn)
    var line = Array(#"{"timestamp":\#(clock.now().microseconds / 1_000),"message":"#.utf8)
    // Several values, one behind the other, are no value: these become a text.
    let message = try? JSONValue(parsing: delivery.input)
    line += (message ?? .string(String(decoding: delivery.input, as: UTF8.self))).serialized
    line += "}\n".utf8
    let path = folder + "/" + Self.fileName(group)
    let bytes = line
    let result = await withCheckedContinuation { continuation in
      queue.async { [folder] in
        continuation.resume(returning: Self.append(bytes, to: path, in: folder))
      }
    }
    if result != 0 {
      throw DeliveryError(
        .errorFromTarget, "\(path) cannot be written: \(String(cString: strerror(result)))")
    }
  }

  /// Slashes and whatever else could lead elsewhere are replaced: `/aws/events/orders` is
  /// `aws.events.orders.log`.
  static func fileName(_ group: String) -> String {
    let plain = group.drop { $0 == "/" || $0 == "." }.unicodeScalars.map { scalar in
      let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || "0"..."9" ~= scalar)
      return isPlain || "-_.#".unicodeScalars.contains(scalar) ? Character(scalar) : "."
    }
    return String(plain.prefix(200)) + ".log"
  }

  /// - Returns: 0, or what `errno` said.
  private static func append(_ bytes: [UInt8], to path: String, in folder: String) -> Int32 {
    mkdir(folder, 0o700)
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return errno }
    defer { close(descriptor) }
    let size = lseek(descriptor, 0, SEEK_END)
    let written = write(descriptor, bytes, bytes.count)
    guard written == bytes.count else {
      let code = written < 0 ? errno : ENOSPC
      // No half line stays.
      _ = ftruncate(descriptor, size)
      return code
    }
    return fsync(descriptor) == 0 ? 0 : errno
  }
}
