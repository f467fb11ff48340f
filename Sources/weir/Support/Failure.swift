import ArgumentParser
import Core
import Engine
import Foundation
import StreamLog

/// The one line that a person gets on standard error when a command fails.
func describe(_ error: any Error) -> String {
  let text =
    switch error {
    case let error as SQLError: error.message + (error.hint.map { " (\($0))" } ?? "")
    case let error as StreamLogError: describe(error)
    case is CocoaError, is POSIXError, is URLError: systemReason(of: error)
    // Any error can be cast to this one.
    case _ where type(of: error) is NSError.Type: systemReason(of: error)
    default: "\(error)"
    }
  return text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
    .joined(separator: " ")
}

private func describe(_ error: StreamLogError) -> String {
  switch error {
  case .io(let operation, let path, EMFILE):
    "cannot \(operation) \(path): this process may open no more files; raise the limit of "
      + "\(OpenFiles.limit) with ulimit -n"
  case .io(let operation, let path, let code):
    "cannot \(operation) \(path): \(systemReason(code: code))"
  default: error.description
  }
}

/// Runs a command's body; what it throws becomes one line on standard error and status 1.
func reportingFailure(_ body: () async throws -> Void) async throws {
  do {
    try await body()
  } catch is CancellationError {
    throw ExitCode(130)
  } catch let code as ExitCode {
    throw code
  } catch let failure as OutputFailure where failure.isReaderGone {
    // As `cat` does, the command ends with its reader.
  } catch {
    standardError("weir: " + describe(error))
    throw ExitCode.failure
  }
}
