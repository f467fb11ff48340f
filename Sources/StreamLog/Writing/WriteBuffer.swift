internal import Synchronization

/// Memory that records are laid out in on their way to a file; used again, so that the system
/// does not have to clear fresh pages for each write.
///
/// @unchecked Sendable: one thread owns it between `take` and `give`.
final class WriteBuffer: @unchecked Sendable {
  private(set) var bytes: UnsafeMutableRawBufferPointer

  init(capacity: Int) {
    bytes = .allocate(byteCount: capacity, alignment: 64)
  }

  deinit { bytes.deallocate() }
}

/// A few buffers, lent to the threads that write.
final class WriteBuffers: Sendable {
  private static let keptMax = 4
  private let free = Mutex<[WriteBuffer]>([])

  func take(capacity: Int) -> WriteBuffer {
    let kept = free.withLock { $0.popLast() }
    if let kept, kept.bytes.count >= capacity { return kept }
    return WriteBuffer(capacity: max(1 << 20, capacity))
  }

  func give(_ buffer: WriteBuffer) {
    free.withLock { free in
      if free.count < Self.keptMax { free.append(buffer) }
    }
  }
}
