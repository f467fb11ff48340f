import Core
import Telemetry

extension Model {
  /// Takes in what happened, and tells what is to be done about it.
  package mutating func update(_ event: Event) -> [Effect] {
    let effects = take(event)
    if case .tick = event { return effects }
    return effects + inspect() + inspectTiers()
  }

  private mutating func take(_ event: Event) -> [Effect] {
    switch event {
    case .tick(let time): now = time
    case .resize(let size):
      self.size = size
      clampOffsets()
    case .snapshot(let snapshot): take(snapshot)
    case .disconnected(let reason): disconnected = reason
    case .query(let id, let event): receive(event, id: id)
    case .key(let key): return press(key)
    case .paste(let text):
      if Layout.fits(size), overlay == nil, focus == .editor { editor.insert(text) }
      if case .dialog = overlay?.context { type(text) }
    case .mouse(let mouse): take(mouse)
    }
    return []
  }

  private mutating func take(_ snapshot: Snapshot) {
    disconnected = nil
    now = max(now ?? snapshot.takenAt, snapshot.takenAt)
    guard !isFrozen else {
      pending = snapshot
      return
    }
    show(snapshot)
  }

  private mutating func show(_ snapshot: Snapshot) {
    var trends: [String: LagTrend] = [:]
    for view in snapshot.views {
      guard let behind = view.recordsBehind else { continue }
      var trend = self.trends[view.id] ?? LagTrend()
      trend.add(behind, at: snapshot.takenAt)
      trends[view.id] = trend
    }
    self.trends = trends
    self.snapshot = snapshot
    followShardCount()
    clampOffsets()
  }

  private mutating func receive(_ event: QueryEvent, id: Int) {
    if run?.id == id {
      receive(event, \.run)
    } else if actionRun?.run.id == id {
      receive(event, \.actionQuery)
    } else if peek?.run.id == id {
      receive(event, \.peekQuery)
    } else if viewRun?.run.id == id {
      receive(event, \.viewQuery)
    } else if tierRun?.run.id == id {
      receive(event, \.tierQuery)
    } else if tierInspection?.run.id == id {
      receive(event, \.tierInspectionQuery)
      settleTierInspection()
    } else if inspection?.run.id == id {
      receive(event, \.inspectionQuery)
      settleInspection()
    }
  }

  private mutating func receive(
    _ event: QueryEvent, _ place: WritableKeyPath<Model, QueryRun?>
  ) {
    guard var run = self[keyPath: place], run.isRunning else { return }
    // One owner while it changes, or each batch would copy all that came before.
    if place == \.run { self.run = nil }
    switch event {
    case .output(let output): run.receive(output)
    case .failed(let error, _):
      run.state = .failed(error)
      run.seconds = run.seconds ?? elapsed(since: run.startedAt)
    case .finished(let seconds):
      run.state = .finished
      run.seconds = seconds
    }
    self[keyPath: place] = run
  }

  func elapsed(since start: Timestamp?) -> Double? {
    guard let start, let now else { return nil }
    return max(0, now.seconds(since: start))
  }

  // MARK: Keys

  private mutating func press(_ key: Key) -> [Effect] {
    if let binding = Bindings.find(key, in: contexts) { return perform(binding.action, key) }
    if case .character(let character) = key, contexts.contains(.editor), isPrintable(character) {
      editor.type(character)
    }
    if case .character(let character) = key, contexts.contains(.dialog), isPrintable(character) {
      type(String(character))
    }
    return []
  }

  private func isPrintable(_ character: Character) -> Bool {
    !character.unicodeScalars.contains { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) }
  }

  private mutating func perform(_ action: Action, _ key: Key) -> [Effect] {
    switch action {
    case .quit: return [.quit]
    case .run: return runQuery()
    case .cancelQuery: return cancelQuery()
    case .help: if case .help = overlay { overlay = nil } else { overlay = .help(first: 0) }
    case .close: overlay = nil
    case .go(let screen): go(to: screen)
    case .focusNext: moveFocus(by: 1)
    case .focusPrevious: moveFocus(by: -1)
    case .focusDigit: focusDigit(key)
    case .zoom: isZoomed.toggle()
    case .unzoom: isZoomed = false
    case .freeze: freeze()
    case .nextTheme: nextTheme()
    case .nextGlyphs: glyphs = glyphs.next
    case .scroll(let move): scroll(move)
    case .toResults: setFocus(.results)
    case .toEditor: setFocus(.editor)
    case .edit(let edit): editor.apply(edit, page: editorPage)
    case .historyOlder: history.older(than: editor.text).map { editor.setText($0) }
    case .historyNewer: history.newer().map { editor.setText($0) }
    case .historyList: overlay = .history(selected: 0)
    case .historyUse: takeFromHistory()
    case .toShards: setFocus(.streamShards)
    case .peek: return peekShard()
    case .split: askToSplit()
    case .merge: askToMerge()
    case .scale: askToScale()
    case .setFault: askForFault()
    case .clearFaults: askToClearFaults()
    case .form(let move): changeForm(move)
    case .confirm: return confirm()
    case .view(let command): return perform(command)
    case .tier(let command): return perform(command)
    }
    return []
  }

  private mutating func runQuery() -> [Effect] {
    guard run?.isRunning != true, !editor.isBlank else { return [] }
    let id = nextQuery
    nextQuery += 1
    let text = editor.text
    run = QueryRun(id: id, text: text, startedAt: now)
    offsets[.results] = 0
    firstColumn = 0
    let isNew = history.add(text)
    return isNew
      ? [.remember(text), .runQuery(id: id, text: text)] : [.runQuery(id: id, text: text)]
  }

  private mutating func cancelQuery() -> [Effect] {
    guard let id = run?.id, run?.state == .running else { return [] }
    run?.state = .cancelling
    return [.cancelQuery(id: id)]
  }

  private mutating func takeFromHistory() {
    if case .history(let selected) = overlay, let text = history.entry(fromNewest: selected) {
      editor.setText(text)
      setFocus(.editor)
    }
    overlay = nil
  }

  private mutating func freeze() {
    isFrozen.toggle()
    if !isFrozen, let newest = pending {
      pending = nil
      show(newest)
    }
  }

  private mutating func nextTheme() {
    let place = themeNames.firstIndex(of: themeName) ?? -1
    themeName = themeNames[(place + 1) % themeNames.count]
  }

  // MARK: Focus

  private mutating func go(to screen: Screen) {
    guard screen != self.screen else { return }
    isZoomed = false
    setFocus(lastFocus[screen] ?? .shards)
  }

  mutating func setFocus(_ panel: PanelID) {
    focus = panel
    screen = panel.spec.screen
    lastFocus[screen] = panel
  }

  private mutating func moveFocus(by step: Int) {
    let panels =
      isZoomed
      ? PanelID.allCases.filter { $0.spec.screen == screen }
      : layout(size).panels.map(\.id).sorted { $0.rawValue < $1.rawValue }
    guard !panels.isEmpty else { return }
    let place = panels.firstIndex(of: focus) ?? 0
    setFocus(panels[(place + step + panels.count) % panels.count])
  }

  /// A panel that has no room on this screen comes up alone.
  private mutating func focusDigit(_ key: Key) {
    guard case .character(let digit) = key,
      let panel = PanelID.allCases.first(where: { $0.digit == digit })
    else { return }
    let stays = isZoomed && panel.spec.screen == screen
    setFocus(panel)
    isZoomed = stays
    if layout(size).rect(of: panel) == nil { isZoomed = true }
  }

  private mutating func take(_ mouse: Mouse) {
    guard Layout.fits(size), overlay == nil,
      let hit = layout(size).panels.first(where: { $0.rect.contains(x: mouse.x, y: mouse.y) })
    else { return }
    switch mouse.action {
    case .press:
      setFocus(hit.id)
      chooseRow(at: mouse.y - hit.rect.y, in: hit.id)
      if hit.id == .viewList { chooseView(at: mouse.y - hit.rect.y) }
      if hit.id == .tierList { chooseTier(at: mouse.y - hit.rect.y) }
    case .wheelUp: scroll(.up, hit.id, by: 3)
    case .wheelDown: scroll(.down, hit.id, by: 3)
    case .release: break
    }
  }
}

extension Rect {
  func contains(x: Int, y: Int) -> Bool {
    x >= self.x && y >= self.y && x < self.x + width && y < self.y + height
  }
}

extension ViewStatus {
  var id: String { schema + "." + name }
}
