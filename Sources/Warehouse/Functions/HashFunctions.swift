internal import Core
internal import DuckDB
internal import RedshiftSQL

/// MURMUR3_32_HASH and FARMFINGERPRINT64, of values of each type.
enum HashFunctions {
  static let all: [ScalarFunction] =
    [fingerprint(.varchar), fingerprint(.blob)]
    + [
      murmur(.varchar) { input, row, seed in
        input.withBytes(0, row) { Murmur3.hash($0, seed: seed) }
      },
      murmur(.blob) { input, row, seed in
        input.withBytes(0, row) { Murmur3.hash($0, seed: seed) }
      },
      murmur(.bigint) { input, row, seed in Murmur3.hash(input.int64(0, row), seed: seed) },
      murmur(.timestamp) { input, row, seed in Murmur3.hash(input.int64(0, row), seed: seed) },
      murmur(.timestampTZ) { input, row, seed in Murmur3.hash(input.int64(0, row), seed: seed) },
      murmur(.time) { input, row, seed in Murmur3.hash(input.int64(0, row), seed: seed) },
      murmur(.date) { input, row, seed in
        Murmur3.hash(Int64(input.int32(0, row)), seed: seed)
      },
      murmur(.boolean) { input, row, seed in
        Murmur3.hash(input.bool(0, row) ? 1 : 0, seed: seed)
      },
      murmur(.double) { input, row, seed in
        // Both zeros are one number.
        let value = input.double(0, row)
        return Murmur3.hash(Int64(bitPattern: (value == 0 ? 0 : value).bitPattern), seed: seed)
      },
    ]

  private static func fingerprint(_ type: ScalarFunction.ValueType) -> ScalarFunction {
    .int64("weir_fingerprint", [type]) { input, row in
      Int64(bitPattern: input.withBytes(0, row) { FarmHash.fingerprint($0) })
    }
  }

  private static func murmur(
    _ type: ScalarFunction.ValueType,
    _ hash: @escaping @Sendable (borrowing ScalarInput, Int, UInt32) -> UInt32
  ) -> ScalarFunction {
    ScalarFunction("weir_murmur3", [type, .bigint], to: .integer) { input, output in
      for row in 0..<input.rowCount where input.isValid(row) {
        let seed = UInt32(truncatingIfNeeded: input.int64(1, row))
        output.set(row, int32: Int32(bitPattern: hash(input, row, seed)))
      }
    }
  }
}
