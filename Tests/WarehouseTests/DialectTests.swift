import Foundation
import TestSupport
import Testing
import Warehouse

/// Every file of the folder `Dialect`: statements of Redshift's with the results that its
/// documentation gives, page by page.
@Suite struct DialectTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Dialect")

  static let files: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
    return names.filter { $0.hasSuffix(".test") }.sorted()
  }()

  @Test(arguments: files)
  func `statements give what Redshift's documentation says`(_ file: String) async throws {
    let fixture = try WarehouseFixture()
    let test = try LogicTest(file: Self.folder.appending(path: file).path())
    #expect(!test.records.isEmpty)
    for failure in await test.run(on: fixture.session) { Issue.record("\(file), \(failure)") }
    await fixture.close()
  }
}
