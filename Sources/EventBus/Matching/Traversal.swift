/// One way of an event through a machine. Kept from event to event for its memory.
struct Traversal {
  private let machine: Machine
  private(set) var matched: [Int32] = []
  private var epoch: Int32 = 0
  /// By rule and by state: the event that met it last.
  private var ruleEpochs: [Int32]
  private var nodeEpochs: [Int32]
  /// Elements of arrays that the values chosen so far are in, joined, beyond the event's own.
  private var joined: [EventValues.Membership] = []
  private var joins: [EventValues.Membership: Int32] = [:]
  private var visited: Set<UInt64> = []
  /// Of fields that were asked for from within an array; of this event.
  private var elements: [Int32: ElementIndex] = [:]

  init(_ machine: Machine) {
    self.machine = machine
    ruleEpochs = Array(repeating: 0, count: machine.ruleCount)
    nodeEpochs = Array(repeating: 0, count: machine.nodes.count)
  }

  /// Finds the rules that match, into `matched`, each once.
  mutating func run(
    _ values: borrowing EventValues, event: UnsafeBufferPointer<UInt8>,
    arena: UnsafeBufferPointer<UInt8>
  ) {
    matched.removeAll(keepingCapacity: true)
    if epoch == .max { restart() }
    epoch += 1
    if !joined.isEmpty {
      joined.removeAll(keepingCapacity: true)
      joins.removeAll(keepingCapacity: true)
    }
    if !visited.isEmpty { visited.removeAll(keepingCapacity: true) }
    if !elements.isEmpty { elements.removeAll(keepingCapacity: true) }
    let context = Context(event: event, arena: arena)
    visit(0, -1, values, context)
  }

  private mutating func restart() {
    epoch = 0
    for index in ruleEpochs.indices { ruleEpochs[index] = 0 }
    for index in nodeEpochs.indices { nodeEpochs[index] = 0 }
  }

  private struct Context {
    var event: UnsafeBufferPointer<UInt8>
    var arena: UnsafeBufferPointer<UInt8>
  }

  // MARK: States

  private mutating func visit(
    _ number: Int32, _ membership: Int32, _ values: borrowing EventValues, _ context: Context
  ) {
    let node = machine.nodes[Int(number)]
    for place in node.firstRule..<(node.firstRule + node.ruleCount) {
      let rule = machine.rules[Int(place)]
      guard ruleEpochs[Int(rule)] != epoch else { continue }
      ruleEpochs[Int(rule)] = epoch
      matched.append(rule)
    }
    if node.switchCount > Machine.switchesFewMax {
      visitMany(number, membership, values, context)
      return
    }
    for place in node.firstSwitch..<(node.firstSwitch + node.switchCount) {
      follow(place, membership, values, context)
    }
  }

  /// Of many switches: those that the event has values for, and those that ask for none.
  private mutating func visitMany(
    _ number: Int32, _ membership: Int32, _ values: borrowing EventValues, _ context: Context
  ) {
    for place in values.values.indices {
      let value = values.values[place]
      guard values.first[Int(value.field)] == Int32(place) else { continue }
      let found = machine.switchOfField.value(WordMap.key(number, value.field))
      if found >= 0 { follow(found, membership, values, context) }
    }
    for place in machine.switchesOfAbsence[number] ?? []
    where values.first[Int(machine.switches[Int(place)].field)] < 0 {
      follow(place, membership, values, context)
    }
  }

  private mutating func follow(
    _ place: Int32, _ membership: Int32, _ values: borrowing EventValues, _ context: Context
  ) {
    let step = machine.switches[Int(place)]
    var next = values.first[Int(step.field)]
    if next < 0 {
      for absent in step.firstAbsent..<(step.firstAbsent + step.absentCount) {
        enter(machine.absents[Int(absent)], membership, isOneOfMany: false, values, context)
      }
      return
    }
    let isOneOfMany = values.values[Int(next)].next >= 0
    if isOneOfMany, membership >= 0, let near = near(step.field, membership, values) {
      for number in near {
        let value = values.values[Int(number)]
        guard let joined = join(membership, value.membership, values) else { continue }
        take(value, step, place, joined, isOneOfMany, values, context)
      }
      return
    }
    while next >= 0 {
      let value = values.values[Int(next)]
      next = value.next
      guard let joined = join(membership, value.membership, values) else { continue }
      take(value, step, place, joined, isOneOfMany, values, context)
    }
  }

  /// Enters the states that one value of a switch's field leads to.
  private mutating func take(
    _ value: EventValues.Value, _ step: Machine.Switch, _ place: Int32, _ membership: Int32,
    _ isOneOfMany: Bool, _ values: borrowing EventValues, _ context: Context
  ) {
    var view = ValueView(value, event: context.event, arena: context.arena)
    if step.hasExact {
      for target in machine.exact.targets(of: &view, origin: place) {
        enter(
          machine.exact.targets[Int(target)], membership, isOneOfMany: isOneOfMany, values,
          context)
      }
    }
    if step.hasFolded, let folded = view.folded {
      for target in machine.exact.find(.folded, folded, origin: place) {
        enter(machine.exact.targets[Int(target)], membership, isOneOfMany: true, values, context)
      }
    }
    for direct in step.firstDirect..<(step.firstDirect + step.directCount) {
      let test = machine.directs[Int(direct)]
      guard machine.table.holds(test.test, for: &view) else { continue }
      enter(test.target, membership, isOneOfMany: isOneOfMany, values, context)
    }
    guard step.index >= 0 else { return }
    var targets: [Int32] = []
    machine.indexes[Int(step.index)].find(&view, machine.table) { targets.append($0) }
    for target in targets { enter(target, membership, isOneOfMany: true, values, context) }
  }

  private mutating func enter(
    _ node: Int32, _ membership: Int32, isOneOfMany: Bool, _ values: borrowing EventValues,
    _ context: Context
  ) {
    if isOneOfMany || machine.nodes[Int(node)].hasAlternatives || membership >= 0 {
      if membership < 0 {
        guard nodeEpochs[Int(node)] != epoch else { return }
        nodeEpochs[Int(node)] = epoch
      } else {
        guard visited.insert(WordMap.key(node, membership)).inserted else { return }
      }
    }
    visit(node, membership, values, context)
  }

  // MARK: Arrays

  /// The elements that a state's values and another value are in together.
  ///
  /// - Returns: nil where they are in different elements of one array: no rule may be fulfilled
  ///   from both.
  private mutating func join(
    _ state: Int32, _ other: Int32, _ values: borrowing EventValues
  ) -> Int32? {
    if other < 0 || other == state { return state }
    if state < 0 { return other }
    var missing: [EventValues.Membership] = []
    var place = other
    search: while place >= 0 {
      let element = membership(place, values)
      var known = state
      while known >= 0 {
        let own = membership(known, values)
        if own.array == element.array {
          // An array that both are in is in the same element of those around it.
          if own.element == element.element { break search }
          return nil
        }
        known = own.outer
      }
      missing.append(element)
      place = element.outer
    }
    var result = state
    for var element in missing {
      element.outer = result
      if let known = joins[element] {
        result = known
      } else {
        result = Int32(values.memberships.count + joined.count)
        joined.append(element)
        joins[element] = result
      }
    }
    return result
  }

  /// The values of a field that may go together with a state's, where that spares looking at all.
  private mutating func near(
    _ field: Int32, _ state: Int32, _ values: borrowing EventValues
  ) -> [Int32]? {
    let index = elements[field] ?? ElementIndex(field, values)
    elements[field] = index
    guard index.isLong else { return nil }
    var fewest: [Int32]?
    var place = state
    while place >= 0 {
      let element = membership(place, values)
      if let found = index.values(in: element), found.count < fewest?.count ?? .max {
        fewest = found
      }
      place = element.outer
    }
    return fewest
  }

  private func membership(
    _ place: Int32, _ values: borrowing EventValues
  ) -> EventValues.Membership {
    let own = values.memberships.count
    return Int(place) < own ? values.memberships[Int(place)] : joined[Int(place) - own]
  }
}
