import AWSProtocol
import Core
import StreamLog

extension KinesisService {
  /// Tags of one stream or consumer, at most.
  private static let tagsMax = 50

  func addTagsToStream(_ request: AddTagsToStreamRequest) async throws(AWSError) {
    let summary = try summary(of: request.stream)
    try check(request.tags, stream: summary.name)
    try await add(request.tags, to: .stream(summary))
  }

  func removeTagsFromStream(_ request: RemoveTagsFromStreamRequest) async throws(AWSError) {
    let summary = try summary(of: request.stream)
    try check(request.keys, stream: summary.name)
    try await remove(request.keys, from: .stream(summary))
  }

  func tagResource(_ request: TagResourceRequest) async throws(AWSError) {
    try check(request.tags, stream: nil)
    try await add(request.tags, to: resource(request.resource))
  }

  func untagResource(_ request: UntagResourceRequest) async throws(AWSError) {
    try check(request.keys, stream: nil)
    try await remove(request.keys, from: resource(request.resource))
  }

  func listTagsForStream(_ request: ListTagsForStreamRequest) throws(AWSError) -> TagsResponse {
    let tags = try summary(of: request.stream).settings.tags.sorted { $0.key < $1.key }
    let rest = tags.drop { tag in request.exclusiveStartKey.map { tag.key <= $0 } ?? false }
    let page = rest.prefix(request.limit ?? Self.tagsMax)
    return TagsResponse(tags: Array(page), hasMoreTags: page.count < rest.count)
  }

  func listTagsForResource(_ request: ResourceRequest) throws(AWSError) -> TagsResponse {
    let tags =
      switch try resource(request.resource) {
      case .stream(let summary): summary.settings.tags
      case .consumer(let consumer, _): consumer.tags
      }
    return TagsResponse(tags: tags.sorted { $0.key < $1.key }, hasMoreTags: nil)
  }

  private func add(_ map: TagMap?, to resource: Resource) async throws(AWSError) {
    let new = map?.tags ?? [:]
    let text = resourceName(resource)
    let tooMany =
      "Failed to add tags to \(text) under account \(account) because a given "
      + "stream cannot have more than \(Self.tagsMax) tags associated with it."
    try await change(resource) { (tags) throws(StreamLogError) in
      let merged = tags.merging(new) { $1 }
      guard merged.count <= Self.tagsMax else { throw .invalidArgument(tooMany) }
      tags = merged
    }
  }

  private func remove(_ keys: TagKeys?, from resource: Resource) async throws(AWSError) {
    let keys = keys?.keys ?? []
    try await change(resource) { (tags) throws(StreamLogError) in
      for key in keys { tags[key] = nil }
    }
  }

  private func change(
    _ resource: Resource,
    _ change: @escaping @Sendable (inout [String: String]) throws(StreamLogError) -> Void
  ) async throws(AWSError) {
    switch resource {
    case .stream(let summary):
      try await carryOut { () async throws(StreamLogError) in
        try await log.update(stream: summary.name) { (settings) throws(StreamLogError) in
          try change(&settings.tags)
        }
      }
    case .consumer(let consumer, let summary):
      try await update(consumer, of: summary) { (consumer) throws(StreamLogError) in
        try change(&consumer.tags)
      }
    }
  }

  /// Changes a consumer, if it is still there.
  func update(
    _ consumer: StreamConsumer, of summary: StreamSummary,
    _ change: @escaping @Sendable (inout StreamConsumer) throws(StreamLogError) -> Void
  ) async throws(AWSError) {
    try await carryOut { () async throws(StreamLogError) in
      try await log.update(stream: summary.name) { (settings) throws(StreamLogError) in
        guard let index = settings.consumers.firstIndex(where: { $0.name == consumer.name })
        else { return }
        try change(&settings.consumers[index])
      }
    }
  }

  private func resourceName(_ resource: Resource) -> String {
    switch resource {
    case .stream(let summary): "stream \(summary.name)"
    case .consumer(let consumer, let summary):
      "consumer \(consumer.name) of stream \(summary.name)"
    }
  }

  // MARK: Characters

  func check(_ tags: TagMap?, stream: String?) throws(AWSError) {
    guard let tags else { return }
    try tags.checkCharacters()
    try checkPercent(Array(tags.tags.keys) + Array(tags.tags.values), "add tags to", stream)
    if tags.tags.keys.contains(where: { $0.lowercased().hasPrefix("aws:") }) {
      throw AWSError(
        .invalidArgument, "aws: prefixed tag key names are not allowed for external use.")
    }
  }

  private func check(_ keys: TagKeys?, stream: String?) throws(AWSError) {
    guard let keys else { return }
    try keys.checkCharacters()
    try checkPercent(keys.keys, "remove tags from", stream)
  }

  /// The service names the percent sign among the valid ones, and then refuses it.
  private func checkPercent(
    _ texts: [String], _ action: String, _ stream: String?
  ) throws(AWSError) {
    guard texts.contains(where: { $0.contains("%") }) else { return }
    let place = stream.map { "stream \($0)" } ?? "the resource"
    throw AWSError(
      .invalidArgument,
      "Failed to \(action) \(place) under account \(account) because some tags contained illegal "
        + "characters. The allowed characters are Unicode letters, white-spaces, "
        + "'_',',','/','=','+','-','@'.")
  }
}
