import CNcurses
import Dashboard
import Foundation
import Synchronization

/// What the thread of the screen and its users tell each other.
final class ScreenMailbox: Sendable {
  struct Wishes {
    /// The newest frame that was not shown yet; older ones are forgotten.
    var frame: Frame?
    /// nil: as it is.
    var mouse: Bool?
    var redraw = false
    var close = false
  }

  private let wishes = Mutex(Wishes())
  private let sizeNow = Mutex(Size(width: 0, height: 0))
  private let ending = Mutex<NcursesScreen.Ending?>(nil)
  /// Signalled once when the thread is done.
  let isDone = DispatchSemaphore(value: 0)

  var size: Size {
    get { sizeNow.withLock { $0 } }
    set { sizeNow.withLock { $0 = newValue } }
  }

  /// Why events ended; nil as long as they come. The first reason stays.
  var end: NcursesScreen.Ending? {
    get { ending.withLock { $0 } }
    set { ending.withLock { $0 = $0 ?? newValue } }
  }

  func wish(_ change: (inout Wishes) -> Void) {
    wishes.withLock { change(&$0) }
    weir_guard_wake()
  }

  func take() -> Wishes {
    wishes.withLock { wishes in
      let taken = wishes
      wishes = Wishes(close: taken.close)
      return taken
    }
  }
}
