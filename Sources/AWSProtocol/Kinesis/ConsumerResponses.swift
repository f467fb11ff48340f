package import Core

/// A registered consumer, as the responses tell it.
package struct ConsumerDescription: Equatable, Sendable {
  package var name: String
  package var arn: String
  package var status: String
  package var createdAt: Timestamp

  package init(name: String, arn: String, status: String, createdAt: Timestamp) {
    self.name = name
    self.arn = arn
    self.status = status
    self.createdAt = createdAt
  }

  fileprivate func writeMembers<Writer: ShapeWriter>(to writer: inout Writer) {
    writer.field("ConsumerName", name)
    writer.field("ConsumerARN", arn)
    writer.field("ConsumerStatus", status)
    writer.field("ConsumerCreationTimestamp", createdAt)
  }
}

package struct RegisterStreamConsumerResponse: KinesisResponse {
  package var consumer: ConsumerDescription

  package init(consumer: ConsumerDescription) {
    self.consumer = consumer
  }

  package func write<Writer: ShapeWriter>(to writer: inout Writer) {
    writer.beginObject()
    writer.name("Consumer")
    writer.beginObject()
    consumer.writeMembers(to: &writer)
    writer.endObject()
    writer.endObject()
  }
}

package struct DescribeStreamConsumerResponse: KinesisResponse {
  package var consumer: ConsumerDescription
  package var streamARN: String

  package init(consumer: ConsumerDescription, streamARN: String) {
    self.consumer = consumer
    self.streamARN = streamARN
  }

  package func write<Writer: ShapeWriter>(to writer: inout Writer) {
    writer.beginObject()
    writer.name("ConsumerDescription")
    writer.beginObject()
    consumer.writeMembers(to: &writer)
    writer.field("StreamARN", streamARN)
    writer.endObject()
    writer.endObject()
  }
}

package struct ListStreamConsumersResponse: KinesisResponse {
  package var consumers: [ConsumerDescription]
  package var nextToken: String?

  package init(consumers: [ConsumerDescription], nextToken: String?) {
    self.consumers = consumers
    self.nextToken = nextToken
  }

  package func write<Writer: ShapeWriter>(to writer: inout Writer) {
    writer.beginObject()
    writer.name("Consumers")
    writer.beginArray()
    for consumer in consumers {
      writer.beginObject()
      consumer.writeMembers(to: &writer)
      writer.endObject()
    }
    writer.endArray()
    writer.field("NextToken", nextToken)
    writer.endObject()
  }
}
