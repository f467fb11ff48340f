package import Logging

/// The log of a program: one line per message on standard error.
package func makeLogger(level: Logger.Level = .warning) -> Logger {
  var logger = Logger(label: "weir") { StreamLogHandler.standardError(label: $0) }
  logger.logLevel = level
  return logger
}
