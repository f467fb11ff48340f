import ArgumentParser
import Core
import Engine
import Foundation

struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Check everything that Weir needs.")

  @OptionGroup var options: DataOptions

  func run() async throws {
    try await reportingFailure {
      var isHealthy = true
      for finding in await Doctor(directory: options.directory).examine() {
        let mark = finding.advice == nil ? "ok  " : finding.isNeeded ? "FAIL" : "note"
        let advice = finding.advice.map { ": \($0)" } ?? ""
        try standardOutput("\(mark) \(finding.subject)\(advice)\n")
        if finding.advice != nil, finding.isNeeded { isHealthy = false }
      }
      if !isHealthy { throw ExitCode.failure }
    }
  }
}
