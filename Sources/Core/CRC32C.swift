internal import CChecksum

/// The checksum of iSCSI, ext4 and Kafka (Castagnoli's polynomial, reflected: 0x82F63B78), by
/// the processor's instruction where it has one.
package enum CRC32C {
  package static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    weir_crc32c(bytes.baseAddress, bytes.count)
  }

  package static func checksum(_ bytes: [UInt8]) -> UInt32 {
    bytes.withUnsafeBytes { checksum($0) }
  }

  /// The same without that instruction.
  package static func portableChecksum(_ bytes: [UInt8]) -> UInt32 {
    bytes.withUnsafeBytes { weir_crc32c_portable($0.baseAddress, $0.count) }
  }
}
