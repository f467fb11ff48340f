internal import Core

/// What the warehouse knows of the statements and sessions that it serves, and how it shares the
/// machine between them.
struct Workload: Sendable {
  let limits: WorkloadLimits
  let admission: AdmissionQueue
  let statements = StatementHistory()
  let sessions = SessionDirectory()
  let pace: RefreshPace
  let clock: any WallClock

  init(limits: WorkloadLimits, clock: any WallClock) {
    self.limits = limits
    self.clock = clock
    let admission = AdmissionQueue(limits: limits, clock: clock)
    self.admission = admission
    pace = RefreshPace(share: limits.refreshShare) { admission.activity }
  }
}
