internal import Core

extension StoreState {
  func hasBus(_ name: String) throws -> Bool {
    try !database.query("SELECT 1 FROM bus WHERE name = ?", [.text(name)]).isEmpty
  }

  func bus(_ name: String) throws -> BusRecord {
    guard let record = try buses(where: "name = ?", [.text(name)]).first else {
      throw EventBusError.notFound("Event bus \(name) does not exist.")
    }
    return record
  }

  func buses(where condition: String = "true", _ values: [SQLiteValue] = []) throws -> [BusRecord] {
    try database.query(
      """
      SELECT name, attributes, policy, created_at, modified_at FROM bus WHERE \(condition)
       ORDER BY name
      """, values
    ).map { row in
      BusRecord(
        name: row.string(0), attributes: row.object(1), policy: row.text(2),
        createdAt: row.time(3), modifiedAt: row.time(4))
    }
  }

  func create(bus name: String, _ attributes: JSONObject, max: Int, now: Timestamp) throws {
    guard try !hasBus(name) else {
      throw EventBusError.exists("Event bus \(name) already exists.")
    }
    guard try database.query("SELECT count(*) FROM bus").first?.int(0) ?? 0 < max else {
      throw EventBusError.limitExceeded(
        "The requested resource exceeds the maximum number allowed.")
    }
    try database.run(
      "INSERT INTO bus (name, attributes, created_at, modified_at) VALUES (?1, ?2, ?3, ?3)",
      [.text(name), .object(attributes), .integer(now.microseconds)])
  }

  func update(
    bus name: String, _ attributes: JSONObject? = nil, policy: String??, now: Timestamp
  ) throws {
    let old = try bus(name)
    try database.run(
      "UPDATE bus SET attributes = ?, policy = ?, modified_at = ? WHERE name = ?",
      [
        .object(attributes ?? old.attributes), .text(optional: policy ?? old.policy),
        .integer(now.microseconds), .text(name),
      ])
  }

  func delete(bus name: String, arns: EventARNs) throws {
    guard name != "default" else {
      throw EventBusError.invalid("Cannot delete event bus default.")
    }
    _ = try bus(name)
    guard try rules(bus: name).isEmpty else {
      throw EventBusError.invalid("Event bus can't be deleted since it has rules.")
    }
    for archive in try database.query("SELECT name FROM archive WHERE bus = ?", [.text(name)]) {
      try delete(archive: archive.string(0), arns: arns)
    }
    try database.run("DELETE FROM bus WHERE name = ?", [.text(name)])
    try removeTags(of: arns.bus(name))
    forget()
  }

  // MARK: Tags

  func tags(of arn: String) throws -> [(key: String, value: String)] {
    try database.query("SELECT key, value FROM tag WHERE arn = ? ORDER BY key", [.text(arn)])
      .map { ($0.string(0), $0.string(1)) }
  }

  func tag(_ arn: String, _ tags: [(key: String, value: String)]) throws {
    for (key, value) in tags {
      try database.run(
        "INSERT OR REPLACE INTO tag (arn, key, value) VALUES (?, ?, ?)",
        [.text(arn), .text(key), .text(value)])
    }
    guard try self.tags(of: arn).count <= 50 else {
      throw EventBusError.limitExceeded(
        "The requested resource exceeds the maximum number allowed.")
    }
  }

  func untag(_ arn: String, _ keys: [String]) throws {
    for key in keys {
      try database.run("DELETE FROM tag WHERE arn = ? AND key = ?", [.text(arn), .text(key)])
    }
  }

  func removeTags(of arn: String) throws {
    try database.run("DELETE FROM tag WHERE arn = ?", [.text(arn)])
  }

  // MARK: Connections and API destinations

  func resource(_ kind: ResourceKind, _ name: String) throws -> JSONObject? {
    try database.query(
      "SELECT definition FROM resource WHERE kind = ? AND name = ?",
      [.text(kind.rawValue), .text(name)]
    ).first?.object(0)
  }

  func resources(_ kind: ResourceKind) throws -> [JSONObject] {
    try database.query(
      "SELECT definition FROM resource WHERE kind = ? ORDER BY name", [.text(kind.rawValue)]
    ).map { $0.object(0) }
  }

  func store(_ kind: ResourceKind, _ name: String, _ definition: JSONObject?) throws {
    if let definition {
      try database.run(
        "INSERT OR REPLACE INTO resource (kind, name, definition) VALUES (?, ?, ?)",
        [.text(kind.rawValue), .text(name), .object(definition)])
    } else {
      try database.run(
        "DELETE FROM resource WHERE kind = ? AND name = ?", [.text(kind.rawValue), .text(name)])
    }
  }
}

extension SQLiteValue {
  static func object(_ object: JSONObject) -> SQLiteValue {
    .text(JSONValue.object(object).serializedText)
  }
}

extension SQLiteRow {
  func object(_ column: Int) -> JSONObject {
    (try? JSONValue(parsing: string(column)))?.members ?? JSONObject()
  }

  func time(_ column: Int) -> Timestamp { Timestamp(microseconds: integer(column) ?? 0) }

  func time(optional column: Int) -> Timestamp? {
    integer(column).map { Timestamp(microseconds: $0) }
  }
}
