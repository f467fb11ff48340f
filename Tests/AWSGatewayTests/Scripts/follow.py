"""A subscriber that sees records arrive, and the shard end by a split."""
import sys
import boto3
from botocore.config import Config

client = boto3.client(
    "kinesis", endpoint_url="http://127.0.0.1:" + sys.argv[1], region_name="us-east-1",
    aws_access_key_id="any", aws_secret_access_key="any",
    config=Config(retries={"max_attempts": 1}, connect_timeout=10, read_timeout=20))
client.create_stream(StreamName="s", ShardCount=1)
arn = client.describe_stream_summary(StreamName="s")["StreamDescriptionSummary"]["StreamARN"]
consumer = client.register_stream_consumer(
    StreamARN=arn, ConsumerName="app")["Consumer"]["ConsumerARN"]
client.put_record(StreamName="s", Data=b"first", PartitionKey="k")


def subscribe(shard, kind, **position):
    return client.subscribe_to_shard(
        ConsumerARN=consumer, ShardId=shard, StartingPosition=dict(position, Type=kind))


stream = subscribe("shardId-000000000000", "TRIM_HORIZON")["EventStream"]
try:
    subscribe("shardId-000000000000", "LATEST")
    raise AssertionError("a second subscription within five seconds was taken")
except client.exceptions.ResourceInUseException as error:
    assert "Another active subscription exists" in error.response["Error"]["Message"]
seen = []
empty = 0
for event in stream:
    event = event["SubscribeToShardEvent"]
    assert event["MillisBehindLatest"] >= 0
    seen += [r["Data"] for r in event["Records"]]
    if not event["Records"] and "ContinuationSequenceNumber" in event:
        empty += 1
        assert event["ContinuationSequenceNumber"]
        if empty == 1:
            client.put_record(StreamName="s", Data=b"second", PartitionKey="k")
        if empty == 2:
            client.split_shard(
                StreamName="s", ShardToSplit="shardId-000000000000", NewStartingHashKey="1000")
    last = event
assert seen == [b"first", b"second"], seen
assert [c["ShardId"] for c in last["ChildShards"]] == [
    "shardId-000000000001", "shardId-000000000002"], last
assert "ContinuationSequenceNumber" not in last, last
print("done")
