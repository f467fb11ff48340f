import Foundation
import TestSupport
import Testing

/// Kinesis' own client, unchanged, through all ten operations.
@Suite struct RealClientTests {
  @Test func `boto3 works unchanged`() async throws {
    try await withGateway { client in
      let result = try await Python.run(script, arguments: ["\(client.port)"])
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.output.hasSuffix("done\n"), "\(result.output)")
    }
  }

  private let script = """
    import sys
    import boto3
    from botocore.config import Config
    client = boto3.client(
        "kinesis", endpoint_url="http://127.0.0.1:" + sys.argv[1], region_name="us-east-1",
        aws_access_key_id="any", aws_secret_access_key="any",
        config=Config(retries={"max_attempts": 1}, connect_timeout=60, read_timeout=60))
    client.create_stream(StreamName="clicks", ShardCount=2)
    client.get_waiter("stream_exists").wait(StreamName="clicks")
    description = client.describe_stream(StreamName="clicks")["StreamDescription"]
    assert description["StreamStatus"] == "ACTIVE", description
    summary = client.describe_stream_summary(StreamARN=description["StreamARN"])
    assert summary["StreamDescriptionSummary"]["OpenShardCount"] == 2, summary
    assert client.list_streams()["StreamNames"] == ["clicks"]
    shards = client.list_shards(StreamName="clicks", ShardFilter={"Type": "AT_TRIM_HORIZON"})["Shards"]
    assert len(shards) == 2, shards
    one = client.put_record(StreamName="clicks", Data=b"\\x00one\\xff", PartitionKey="k")
    assert one["ShardId"].startswith("shardId-"), one
    many = client.put_records(StreamName="clicks", Records=[
        {"Data": b"x" * 400, "PartitionKey": "key %d \\u20ac" % i} for i in range(500)])
    assert many["FailedRecordCount"] == 0 and len(many["Records"]) == 500
    read = []
    for shard in shards:
        iterator = client.get_shard_iterator(
            StreamName="clicks", ShardId=shard["ShardId"],
            ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        answer = client.get_records(ShardIterator=iterator)
        assert answer["MillisBehindLatest"] == 0 and answer["NextShardIterator"]
        read += answer["Records"]
    assert len(read) == 501, len(read)
    assert [r["Data"] for r in read if r["PartitionKey"] == "k"] == [b"\\x00one\\xff"]
    assert {r["SequenceNumber"] for r in read} == {
        r["SequenceNumber"] for r in many["Records"] + [one]}
    assert read[0]["ApproximateArrivalTimestamp"].year >= 2026

    def refused(exception, call, **members):
        try:
            call(**members)
        except exception as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
            assert error.response["Error"]["Message"], error.response
        else:
            raise AssertionError("not refused")

    names = client.exceptions
    refused(names.ResourceInUseException, client.create_stream, StreamName="clicks", ShardCount=1)
    refused(names.ResourceNotFoundException, client.describe_stream, StreamName="none")
    refused(names.InvalidArgumentException, client.get_records, ShardIterator="none")
    refused(names.ValidationException, client.create_stream, StreamName="?", ShardCount=1)
    client.delete_stream(StreamName="clicks")
    client.get_waiter("stream_not_exists").wait(StreamName="clicks")
    print("done")
    """
}

/// The repository's own Python, which has boto3; else the one on the path.
enum Python {
  private static let path: String = {
    let own = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent(".deps/python/bin/python").path
    return FileManager.default.isExecutableFile(atPath: own) ? own : "/usr/bin/python3"
  }()

  /// Runs a script; it is ended after five minutes.
  static func run(_ script: String, arguments: [String]) async throws -> Outcome {
    try await ChildProcess.run(path, ["-c", script] + arguments, seconds: 300)
  }
}
