import Dispatch

/// Looks again and again until `condition` holds, at most `seconds`: for states that nothing
/// announces.
///
/// - Returns: whether it came to hold.
package func eventually(
  within seconds: Double = 10, _ condition: @Sendable () async -> Bool
) async -> Bool {
  let deadline = ContinuousClock.now + .seconds(seconds)
  while ContinuousClock.now < deadline {
    if await condition() { return true }
    await moment()
  }
  return await condition()
}

/// Lets other threads work for five milliseconds.
package func moment() async {
  await withCheckedContinuation { continuation in
    DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(5)) {
      continuation.resume()
    }
  }
}
