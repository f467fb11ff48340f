#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The addresses of a CIDR block, of version 4 or 6.
package struct AddressRange: Hashable, Sendable {
  package let isVersion6: Bool
  /// How many bits of an address count.
  package let prefixLength: Int
  /// The block's first address.
  package let first: UInt128

  /// - Returns: nil if the text is no `address/bits`.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[1].allSatisfy({ $0.isASCII && $0.isNumber }),
      let length = Int(parts[1]), let address = IPAddress(Array(parts[0].utf8))
    else { return nil }
    guard length <= address.bitCount else { return nil }
    isVersion6 = address.isVersion6
    prefixLength = length
    first = address.masked(to: length)
  }

  package func contains(_ address: IPAddress) -> Bool {
    address.isVersion6 == isVersion6 && address.masked(to: prefixLength) == first
  }
}

package struct IPAddress: Hashable, Sendable {
  package let isVersion6: Bool
  package let value: UInt128

  var bitCount: Int { isVersion6 ? 128 : 32 }

  /// - Returns: nil if the text is no address, such as `10.0.0.7` or `2001:db8::1`.
  package init?(_ text: some Collection<UInt8>) {
    guard (2...45).contains(text.count) else { return nil }
    isVersion6 = text.contains(UInt8(ascii: ":"))
    guard isVersion6 || text.first.map({ $0 >= 0x30 && $0 <= 0x39 }) == true else { return nil }
    var bytes: (UInt64, UInt64) = (0, 0)
    var characters = text.map { CChar(bitPattern: $0) }
    characters.append(0)
    let family = isVersion6 ? AF_INET6 : AF_INET
    guard inet_pton(family, characters, &bytes) == 1 else { return nil }
    value =
      isVersion6
      ? UInt128(UInt64(bigEndian: bytes.0)) << 64 | UInt128(UInt64(bigEndian: bytes.1))
      : UInt128(UInt64(bigEndian: bytes.0) >> 32)
  }

  /// The address with all but its first bits zero.
  func masked(to length: Int) -> UInt128 {
    let shift = bitCount - length
    return shift >= 128 ? 0 : (value >> UInt128(shift)) << UInt128(shift)
  }
}
