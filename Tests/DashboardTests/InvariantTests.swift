import Core
import Telemetry
import Testing

@testable import Dashboard

private func check(_ frame: Frame, _ size: Size, _ label: String) {
  #expect(frame.size == size && frame.cells.count == size.width * size.height, "\(label)")
  var broken: [String] = []
  for (index, cell) in frame.cells.enumerated() {
    let x = index % size.width
    let next = x + 1 < size.width ? frame.cells[index + 1] : nil
    let before = x > 0 ? frame.cells[index - 1] : nil
    switch cell.width {
    case 0: if before?.width != 2 || !cell.text.isEmpty { broken.append("half at \(index)") }
    case 2: if next?.width != 0 { broken.append("no half after \(index)") }
    case 1: break
    default: broken.append("width \(cell.width)")
    }
    if cell.width > 0 && TextCells.width(of: cell.text) != cell.width {
      broken.append("\(cell.text) at \(index) is not \(cell.width) wide")
    }
    if cell.text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
      broken.append("control at \(index)")
    }
    if case .terminal = cell.style.foreground { broken.append("no colour at \(index)") }
  }
  #expect(broken.isEmpty, "\(label): \(broken.prefix(3))")
}

private let keys: [Key] =
  "abqfzgt?1234567890hjkleismcxXpyrno (日é".filter { $0 != "q" }.map { .character($0) }
  + [
    .enter, .escape, .tab, .backTab, .backspace, .delete, .up, .down, .left, .right, .home, .end,
    .pageUp, .pageDown, .ctrlLeft, .ctrlRight, .ctrlHome, .ctrlEnd, .function(1), .function(2),
    .function(3), .function(4), .function(7), .function(5), .function(6), .ctrl("j"), .ctrl("k"),
    .ctrl("z"), .ctrl("p"),
    .ctrl("n"), .ctrl("r"),
    .alt("x"), .insert,
  ]

private let nasty = "日本\u{1B}[31m e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}👩‍💻\t\u{0}\r\n語\u{202E}"

private func event(_ random: inout SeededRandom, _ lastQuery: Int) -> Event {
  switch Int.random(in: 0..<24, using: &random) {
  case 0:
    return .resize(
      Size(width: .random(in: 1...200, using: &random), height: .random(in: 1...60, using: &random))
    )
  case 1:
    var snapshot =
      [Samples.rich(), Samples.busy(), Samples.related()].randomElement(using: &random)
      ?? Samples.rich()
    snapshot.takenAt = snapshot.takenAt.advanced(bySeconds: .random(in: 0..<99, using: &random))
    snapshot.streams.removeLast(
      .random(in: 0...min(2, snapshot.streams.count), using: &random))
    snapshot.views.removeLast(.random(in: 0...min(4, snapshot.views.count), using: &random))
    snapshot.queries.append(Samples.query(9, .failed, nasty))
    snapshot.messages[0].text = nasty
    return .snapshot(snapshot)
  case 2: return .paste(nasty)
  case 3: return .disconnected(nasty)
  case 4:
    return .query(
      id: lastQuery,
      .output(
        .columns([SQLColumn(name: nasty, type: .varchar), SQLColumn(name: "n", type: .bigint)])))
  case 5:
    return .query(id: lastQuery, .output(.rows(Samples.batch([[nasty, "1"], [nil, nil]]))))
  case 6: return .query(id: lastQuery, .output(.complete(tag: nasty)))
  case 7: return .query(id: lastQuery, .finished(seconds: .random(in: 0..<9, using: &random)))
  case 8:
    let error = SQLError("42601", nasty, position: .random(in: -1...80, using: &random))
    return .query(id: lastQuery, .failed(error, text: nasty))
  case 9:
    return .mouse(
      Mouse(
        action: [.press, .wheelUp, .wheelDown].randomElement(using: &random) ?? .press,
        x: .random(in: -1...210, using: &random), y: .random(in: -1...70, using: &random)))
  default: return .key(keys.randomElement(using: &random) ?? .enter)
  }
}

@Test(arguments: 1...12)
func `whatever is pressed at whatever size, a frame keeps its invariants`(seed: Int) {
  var random = SeededRandom(seed: UInt64(seed))
  var model = Samples.model(nil)
  for step in 0..<300 {
    _ = model.update(event(&random, model.nextQuery - 1))
    guard step % 6 == 0 else { continue }
    check(model.frame(), model.size, "seed \(seed), step \(step)")
  }
}

@Test func `any size has a frame`() {
  let snapshot = Samples.busy()
  for size in [
    (1, 1), (1, 60), (200, 1), (59, 60), (60, 16), (61, 17), (99, 23), (149, 60), (150, 34),
  ] {
    for script in [
      "", "?", "<F2>", "z", "<F3>", "<F3>x", "<F3>c", "<F3>s", "<F3><enter>", "<F4>", "<F4>z",
      "<F4>c", "<F4>r", "<F4><enter>", "<F7>", "<F7>z", "<F7>r", "<F7>e",
    ] {
      var model = Samples.model(snapshot, width: size.0, height: size.1)
      model.press(script)
      check(model.frame(), model.size, "\(size) \(script)")
    }
  }
}

@Test func `panels fill the screen without overlap at any size`() {
  for (width, height) in [(60, 16), (80, 24), (96, 60), (100, 30), (120, 40), (150, 34), (200, 60)]
  {
    for script in ["", "<F3>", "<F4>", "<F7>"] {
      var model = Samples.model(Samples.rich(), width: width, height: height)
      model.press(script)
      let rects = model.layout(model.size).panels
      var cells = Array(repeating: 0, count: width * height)
      for (id, rect) in rects {
        #expect(rect.width >= id.spec.minimum.width && rect.height >= id.spec.minimum.height)
        for y in rect.y..<(rect.y + rect.height) {
          for x in rect.x..<(rect.x + rect.width) { cells[y * width + x] += 1 }
        }
      }
      #expect(cells[width..<(width * (height - 1))].allSatisfy { $0 == 1 }, "\(width)x\(height)")
    }
  }
}
