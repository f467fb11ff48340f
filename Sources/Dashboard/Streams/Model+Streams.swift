import Core
import Telemetry

// What is chosen on the streams screen, and what is done to it.
extension Model {
  /// The first stream until another is chosen.
  var chosenStream: StreamStatus? {
    let streams = snapshot?.streams ?? []
    return streams.first { $0.name == chosenStreamName } ?? streams.first
  }

  /// Open shards first, in the order of their hash keys; then the closed ones, the newest first.
  var shardRows: [ShardStatus] {
    guard let stream = chosenStream else { return [] }
    let open = stream.shards.filter(\.isOpen).sorted {
      ($0.keys?.start ?? 0, $0.id) < ($1.keys?.start ?? 0, $1.id)
    }
    return open + stream.shards.filter { !$0.isOpen }.sorted { $0.id > $1.id }
  }

  var chosenShard: ShardStatus? {
    let rows = shardRows
    return rows.first { $0.id == chosenShardID } ?? rows.first
  }

  var chosenStreamRow: Int {
    snapshot?.streams.firstIndex { $0.name == chosenStream?.name } ?? 0
  }

  var chosenShardRow: Int { shardRows.firstIndex { $0.id == chosenShard?.id } ?? 0 }

  mutating func choose(_ move: Move, in panel: PanelID, by lines: Int) {
    let count = rowCount(panel)
    guard count > 0 else { return }
    var row = panel == .streams ? chosenStreamRow : chosenShardRow
    for _ in 0..<max(1, lines) {
      row = Self.moved(row, move, page: page(panel), last: count - 1)
    }
    chooseRow(row, in: panel)
  }

  private mutating func chooseRow(_ row: Int, in panel: PanelID) {
    if panel == .streams {
      let streams = snapshot?.streams ?? []
      guard streams.indices.contains(row), streams[row].name != chosenStream?.name else { return }
      chosenStreamName = streams[row].name
      chosenShardID = nil
    } else {
      let rows = shardRows
      if rows.indices.contains(row) { chosenShardID = rows[row].id }
    }
  }

  /// - Parameter line: of the panel, its border being the first.
  mutating func chooseRow(at line: Int, in panel: PanelID) {
    guard panel == .streams || panel == .streamShards else { return }
    let head = panel == .streams ? 2 : 2 + shardsHeadLines
    let height = panel == .streamShards ? shardRowHeight : 1
    let row = (line - head) / height + firstRow(panel)
    if line >= head, row < rowCount(panel) { chooseRow(row, in: panel) }
  }

  /// The first row that a panel shows, so that the chosen one is in sight.
  func firstRow(_ panel: PanelID) -> Int {
    let row = panel == .streams ? chosenStreamRow : chosenShardRow
    let visible = page(panel)
    return max(0, min(row - visible / 2, rowCount(panel) - visible))
  }

  /// Lines of a row of shards: where all rows fit several times, graphs get more room.
  var shardRowHeight: Int {
    let (rows, room) = (rowCount(.streamShards), page(.streamShards))
    // Narrower, the table has no graph that would use the room.
    guard size.width >= 100, rows > 0 else { return 1 }
    return rows * 2 <= room - shardDetailLines ? 2 : 1
  }

  /// Lines that tell all of the chosen shard, below the table, where there is room for them.
  var shardDetailLines: Int {
    guard let shard = chosenShard else { return 0 }
    let wanted = 5 + shard.readers.count
    return page(.streamShards) - rowCount(.streamShards) >= wanted ? wanted : 0
  }

  /// Lines above the table of shards: rates and words, and the map where there is room for it.
  var shardsHeadLines: Int { size.height >= 30 ? 4 : 2 }

  // MARK: Asking

  mutating func askToSplit() {
    guard let stream = chosenStream, let shard = chosenShard, shard.isOpen else { return }
    overlay = .confirm(.stream(.split(stream: stream.name, shard: shard.id)))
  }

  mutating func askToMerge() {
    guard let stream = chosenStream, let shard = chosenShard, shard.isOpen,
      let neighbour = StreamReading.neighbour(of: shard, in: stream)
    else { return }
    overlay = .confirm(
      .stream(.merge(stream: stream.name, shard: shard.id, neighbour: neighbour.id)))
  }

  mutating func askToScale() {
    guard let stream = chosenStream else { return }
    overlay = .scale(
      ScaleDialog(stream: stream.name, current: stream.shards.count(where: \.isOpen)))
  }

  /// A dialog that is open while the stream is split or merged counts its shards anew.
  mutating func followShardCount() {
    guard case .scale(var dialog) = overlay,
      let stream = snapshot?.streams.first(where: { $0.name == dialog.stream })
    else { return }
    dialog.follow(current: stream.shards.count(where: \.isOpen))
    overlay = .scale(dialog)
  }

  mutating func askForFault() {
    overlay = .fault(FaultForm(stream: chosenStream?.name, shard: chosenShard?.id))
  }

  mutating func askToClearFaults() {
    guard let count = snapshot?.faults.count, count > 0 else { return }
    overlay = .confirm(.stream(.clearFaults(count: count)))
  }

  mutating func changeForm(_ move: FormMove) {
    switch overlay {
    case .scale(var dialog):
      dialog.change(move)
      overlay = .scale(dialog)
    case .fault(var form):
      form.change(move)
      overlay = .fault(form)
    case .policy(var form):
      form.change(move)
      overlay = .policy(form)
    default: break
    }
  }

  mutating func type(_ text: String) {
    switch overlay {
    case .scale(var dialog):
      dialog.type(text)
      overlay = .scale(dialog)
    case .fault(var form):
      form.type(text)
      overlay = .fault(form)
    case .policy(var form):
      form.type(text)
      overlay = .policy(form)
    default: break
    }
  }

  // MARK: Doing

  /// Does what the dialog describes; a dialog that describes nothing possible stays.
  mutating func confirm() -> [Effect] {
    let action: StreamAction?
    switch overlay {
    case .confirm(.stream(let confirmed)): action = confirmed
    case .confirm(.view(let confirmed)):
      overlay = nil
      return start(confirmed)
    case .confirm(.tier(let confirmed)):
      overlay = nil
      return start(confirmed)
    case .policy(let form):
      guard let action = form.action else { return [] }
      overlay = nil
      return start(action)
    case .scale(let dialog): action = dialog.action
    case .fault(let form): action = (try? form.rule.get()).map { .setFault($0) }
    default: action = nil
    }
    guard let action else { return [] }
    overlay = nil
    let run = QueryRun(id: nextQuery, text: action.sql, startedAt: now)
    nextQuery += 1
    actionRun = ActionRun(action: action, run: run)
    return [.runQuery(id: run.id, text: run.text)]
  }

  /// Reads the newest records of the chosen shard; of the shard that is shown, where one is.
  mutating func peekShard() -> [Effect] {
    let isShown = overlay == .peek
    guard let stream = isShown ? peek?.stream : chosenStream?.name,
      let shard = isShown ? peek?.shard : chosenShard?.id,
      !(isShown && peek?.run.isRunning == true)
    else { return [] }
    let run = QueryRun(
      id: nextQuery, text: Peek.sql(stream: stream, shard: shard), startedAt: now)
    nextQuery += 1
    peek = Peek(stream: stream, shard: shard, run: run)
    overlay = .peek
    return [.runQuery(id: run.id, text: run.text)]
  }

  mutating func scrollPeek(_ move: Move) {
    guard let peek else { return }
    let last = max(0, (peek.run.result?.rowsKept ?? 0) - 1)
    self.peek?.selected = Self.moved(
      peek.selected, move, page: max(1, size.height / 2 - 4), last: last)
  }
}
