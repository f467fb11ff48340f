/// The name of an object, or of all objects whose keys begin so: `s3://bucket/key`.
package struct ObjectAddress: Sendable, Hashable, Comparable, CustomStringConvertible {
  package var bucket: String
  /// Without a leading slash; empty for a whole bucket.
  package var key: String

  package init(bucket: String, key: String) {
    self.bucket = bucket
    self.key = key
  }

  /// Reads `s3://bucket/key`.
  ///
  /// - Throws: `.invalidAddress` for another scheme, and for a bucket's name that S3 does not
  ///   allow (docs: "Bucket naming rules"): 3 to 63 lower-case letters, digits, dots and hyphens.
  package init(parsing text: String) throws(ObjectStoreError) {
    guard text.lowercased().hasPrefix("s3://") else {
      throw .invalidAddress(text, "it must begin with s3://")
    }
    let parts = text.dropFirst(5).split(
      separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    bucket = String(parts.first ?? "")
    key = parts.count > 1 ? String(parts[1]) : ""
    guard Self.isBucketName(bucket) else {
      throw .invalidAddress(text, "\"\(bucket)\" is no name of a bucket")
    }
  }

  package static func isBucketName(_ name: String) -> Bool {
    let letters = Array(name.utf8)
    guard (3...63).contains(letters.count), let first = letters.first, let last = letters.last
    else { return false }
    func isPlain(_ letter: UInt8) -> Bool {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(letter)
    }
    return isPlain(first) && isPlain(last)
      && letters.allSatisfy { isPlain($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
      && !name.contains("..")
  }

  package var description: String { "s3://\(bucket)/\(key)" }

  /// The address of what the key continues to.
  package func appending(_ suffix: String) -> ObjectAddress {
    ObjectAddress(bucket: bucket, key: key + suffix)
  }

  package static func < (left: ObjectAddress, right: ObjectAddress) -> Bool {
    left.bucket == right.bucket
      ? left.key.utf8.lexicographicallyPrecedes(right.key.utf8) : left.bucket < right.bucket
  }
}
