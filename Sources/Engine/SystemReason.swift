internal import Foundation

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Why the system refused, in its own words: `Permission denied`.
package func systemReason(code: Int32) -> String {
  String(cString: strerror(code))
}

/// Why Foundation failed: the system's reason beneath, without Foundation's domains and codes.
package func systemReason(of error: any Error) -> String {
  var found = error as NSError
  while let next = found.userInfo[NSUnderlyingErrorKey] as? any Error { found = next as NSError }
  return found.domain == NSPOSIXErrorDomain
    ? systemReason(code: Int32(clamping: found.code)) : found.localizedDescription
}
