package import Core

package struct ObjectSummary: Sendable, Equatable {
  package var address: ObjectAddress
  package var byteCount: Int
  package var modified: Timestamp

  package init(address: ObjectAddress, byteCount: Int, modified: Timestamp) {
    self.address = address
    self.byteCount = byteCount
    self.modified = modified
  }
}

/// Buckets of objects: a folder of this machine, or whatever answers as S3 does.
///
/// An object is there as a whole or not at all, and is durable when `put` returns.
package protocol ObjectStore: Sendable {
  /// The S3 API behind it, for DuckDB's readers to ask it themselves; nil for a folder.
  var access: S3Configuration? { get }

  /// The objects whose keys begin with the address' key, in the order of their keys; none for a
  /// bucket that does not exist.
  func list(_ prefix: ObjectAddress) async throws(ObjectStoreError) -> [ObjectSummary]

  /// Moves a local file into the store: afterwards the file is gone from where it was. It should
  /// come from `stagingDirectory()`.
  ///
  /// - Throws: `.alreadyExists` unless it may replace an object.
  func put(
    file path: String, as address: ObjectAddress, replaces: Bool
  ) async throws(ObjectStoreError) -> ObjectSummary

  /// The whole object, which must be small.
  ///
  /// - Throws: `.noSuchObject`.
  func read(_ address: ObjectAddress, bytesMax: Int) async throws(ObjectStoreError) -> [UInt8]

  /// Where the object's bytes are a file of this machine; nil if they are not.
  ///
  /// - Throws: `.noSuchObject`.
  func localPath(of address: ObjectAddress) async throws(ObjectStoreError) -> String?

  /// Copies the object's bytes into a new file.
  ///
  /// - Throws: `.noSuchObject`.
  func download(_ address: ObjectAddress, to path: String) async throws(ObjectStoreError)

  /// Removes the object; one that is not there is no error.
  func delete(_ address: ObjectAddress) async throws(ObjectStoreError)

  /// What DuckDB's readers call the object: a path, or an address that `httpfs` knows.
  func location(of address: ObjectAddress) throws(ObjectStoreError) -> String

  /// The object that DuckDB's readers call so; nil for what is none.
  func address(ofLocation location: String) -> ObjectAddress?

  /// A new empty folder for files that are to be put; the caller removes it. What a crash left
  /// there is removed at the next start.
  func stagingDirectory() async throws(ObjectStoreError) -> String
}
