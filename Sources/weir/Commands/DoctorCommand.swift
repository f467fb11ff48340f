import ArgumentParser
import Core
import Engine
import Foundation

struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Check everything that Weir needs.")

  @OptionGroup var options: DataOptions

  func run() async throws {
    let doctor = Doctor(directory: options.directory)
    var isHealthy = true
    for finding in await doctor.examine() {
      let mark = finding.advice == nil ? "ok  " : finding.isNeeded ? "FAIL" : "note"
      standardOutput("\(mark) \(finding.subject)\(finding.advice.map { ": \($0)" } ?? "")\n")
      if finding.advice != nil, finding.isNeeded { isHealthy = false }
    }
    if !isHealthy { throw ExitCode.failure }
  }
}
