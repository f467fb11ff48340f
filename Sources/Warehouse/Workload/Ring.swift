internal import Synchronization

/// The newest members of what goes on and on.
final class Ring<Element: Sendable>: Sendable {
  private let countMax: Int
  private let elements = Mutex<[Element]>([])

  init(countMax: Int) { self.countMax = countMax }

  var all: [Element] { elements.withLock { $0 } }

  func append(_ element: Element) {
    elements.withLock { elements in
      // A quarter at a time, so that not each one moves all others.
      if elements.count >= countMax { elements.removeFirst(max(1, countMax / 4)) }
      elements.append(element)
    }
  }
}
