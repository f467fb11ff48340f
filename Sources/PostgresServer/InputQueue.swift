import NIOCore
import Synchronization

/// Bytes on their way from the socket's reader to the session, at most about `byteCountMax`.
///
/// The reader goes on reading while a statement runs, so that it sees the client leave; this
/// is where it waits if the client sends more than it may. One producer, one consumer.
final class InputQueue: Sendable {
  private struct State {
    var buffers: [ByteBuffer] = []
    var byteCount = 0
    var isFinished = false
    var consumer: CheckedContinuation<ByteBuffer?, Never>?
    var producer: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())
  private let byteCountMax: Int

  init(byteCountMax: Int = 1 << 20) {
    self.byteCountMax = byteCountMax
  }

  /// Adds bytes; returns when there is room for more, or at once after `finish()`.
  func push(_ buffer: ByteBuffer) async {
    await withCheckedContinuation { continuation in
      let (consumer, isFull) = state.withLock { state in
        Self.add(buffer, to: &state, limit: byteCountMax, continuation)
      }
      consumer?.resume(returning: buffer)
      if !isFull { continuation.resume() }
    }
  }

  private static func add(
    _ buffer: ByteBuffer, to state: inout State, limit: Int,
    _ producer: CheckedContinuation<Void, Never>
  ) -> (consumer: CheckedContinuation<ByteBuffer?, Never>?, isFull: Bool) {
    if state.isFinished { return (nil, false) }
    if let consumer = state.consumer {
      state.consumer = nil
      return (consumer, false)
    }
    state.buffers.append(buffer)
    state.byteCount += buffer.readableBytes
    guard state.byteCount > limit else { return (nil, false) }
    state.producer = producer
    return (nil, true)
  }

  /// The next bytes, or nil when all have been taken and the queue is finished.
  func pop() async -> ByteBuffer? {
    await withCheckedContinuation { continuation in
      let (isReady, buffer, producer) = state.withLock { state in
        Self.take(from: &state, continuation)
      }
      producer?.resume()
      if isReady { continuation.resume(returning: buffer) }
    }
  }

  private static func take(
    from state: inout State, _ consumer: CheckedContinuation<ByteBuffer?, Never>
  ) -> (isReady: Bool, buffer: ByteBuffer?, producer: CheckedContinuation<Void, Never>?) {
    guard !state.buffers.isEmpty else {
      if !state.isFinished { state.consumer = consumer }
      return (state.isFinished, nil, nil)
    }
    let buffer = state.buffers.removeFirst()
    state.byteCount -= buffer.readableBytes
    let producer = state.producer
    state.producer = nil
    return (true, buffer, producer)
  }

  /// No more bytes will come, or be wanted.
  func finish() {
    let (consumer, producer) = state.withLock { state in
      state.isFinished = true
      defer {
        state.consumer = nil
        state.producer = nil
      }
      return (state.consumer, state.producer)
    }
    consumer?.resume(returning: nil)
    producer?.resume()
  }
}
