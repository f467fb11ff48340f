import ArgumentParser
import PostgresClient

/// Checks what a person gave as the address of an SQL port, before anything is tried with it.
///
/// - Throws: `ValidationError` that says what an address looks like.
func validateSQLAddress(_ text: String?) throws {
  guard let text, !RemoteSession.isConnectionString(text) else { return }
  // What has a password in it is not repeated.
  let name = text.contains("@") ? "this" : "'\(text)'"
  throw ValidationError(
    "\(name) is not the address of an SQL port; one looks like "
      + "postgresql://weir:PASSWORD@127.0.0.1:5439/dev (weir url sql prints the engine's own)")
}
