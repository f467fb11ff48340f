"""The operations of the installed botocore's model of Kinesis, through boto3 unchanged."""
import sys
import boto3
from botocore.config import Config

client = boto3.client(
    "kinesis", endpoint_url="http://127.0.0.1:" + sys.argv[1], region_name="us-east-1",
    aws_access_key_id="any", aws_secret_access_key="any",
    config=Config(retries={"max_attempts": 1}, connect_timeout=10, read_timeout=20))
names = client.exceptions
called = set()


def note(model, **_):
    called.add(model.name)


client.meta.events.register("before-call.kinesis", note)


def refused(exception, call, words="", **members):
    try:
        call(**members)
    except exception as error:
        answer = error.response
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400, answer
        assert words in answer["Error"]["Message"], answer
    else:
        raise AssertionError("not refused: " + str(members))


# Streams
client.create_stream(StreamName="s", ShardCount=2, Tags={"team": "data"}, MaxRecordSizeInKiB=2048)
client.create_stream(
    StreamName="od", StreamModeDetails={"StreamMode": "ON_DEMAND"}, WarmThroughputMiBps=10)
client.get_waiter("stream_exists").wait(StreamName="s")
refused(names.ResourceInUseException, client.create_stream,
        "Stream s under account 000000000000 already exists.", StreamName="s", ShardCount=1)
description = client.describe_stream(StreamName="s")["StreamDescription"]
arn = description["StreamARN"]
assert len(description["Shards"]) == 2 and description["StreamStatus"] == "ACTIVE", description
summary = client.describe_stream_summary(StreamARN=arn)["StreamDescriptionSummary"]
assert summary["MaxRecordSizeInKiB"] == 2048 and summary["ConsumerCount"] == 0, summary
on_demand = client.describe_stream_summary(StreamName="od")["StreamDescriptionSummary"]
assert on_demand["OpenShardCount"] == 4 and on_demand["WarmThroughput"]["TargetMiBps"] == 10
listed = client.list_streams()
assert listed["StreamNames"] == ["od", "s"] and len(listed["StreamSummaries"]) == 2
limits = client.describe_limits()
assert limits["OpenShardCount"] == 6 and limits["OnDemandStreamCount"] == 1, limits

# Records
one = client.put_record(StreamName="s", Data=b"\x00one\xff", PartitionKey="k")
many = client.put_records(StreamARN=arn, Records=[
    {"Data": b"x" * 400, "PartitionKey": "key %d \u20ac" % i} for i in range(500)])
assert many["FailedRecordCount"] == 0 and len(many["Records"]) == 500
shards = client.list_shards(StreamName="s", ShardFilter={"Type": "AT_TRIM_HORIZON"})["Shards"]
read = []
for shard in shards:
    iterator = client.get_shard_iterator(
        StreamName="s", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
    answer = client.get_records(ShardIterator=iterator["ShardIterator"], StreamARN=arn)
    assert answer["MillisBehindLatest"] == 0 and answer["NextShardIterator"]
    read += answer["Records"]
assert len(read) == 501 and "EncryptionType" not in read[0]
assert [r["Data"] for r in read if r["PartitionKey"] == "k"] == [b"\x00one\xff"]
assert {r["SequenceNumber"] for r in read} == {
    r["SequenceNumber"] for r in many["Records"] + [one]}
refused(names.InvalidArgumentException, client.get_records, ShardIterator="none")
client.put_record(StreamName="s", Data=b"x" * 1500000, PartitionKey="large")

# Shards
first = shards[0]
key = str(int(first["HashKeyRange"]["EndingHashKey"]) // 2)
refused(names.InvalidArgumentException, client.split_shard, "is not both greater than one plus",
        StreamName="s", ShardToSplit=first["ShardId"], NewStartingHashKey="1")
refused(names.ResourceNotFoundException, client.split_shard,
        "Could not find shard shardId-000000000009 in stream s under account 000000000000.",
        StreamName="s", ShardToSplit="shardId-9", NewStartingHashKey="2")
iterator = client.get_shard_iterator(
    StreamName="s", ShardId=first["ShardId"], ShardIteratorType="LATEST")["ShardIterator"]
client.split_shard(StreamName="s", ShardToSplit=first["ShardId"], NewStartingHashKey=key)
answer = client.get_records(ShardIterator=iterator)
assert "NextShardIterator" not in answer, answer
assert [c["ParentShards"] for c in answer["ChildShards"]] == [[first["ShardId"]]] * 2, answer
children = [c["ShardId"] for c in answer["ChildShards"]]
refused(names.InvalidArgumentException, client.merge_shards, "not an adjacent pair",
        StreamName="s", ShardToMerge=children[0], AdjacentShardToMerge=shards[1]["ShardId"])
client.merge_shards(StreamName="s", ShardToMerge=children[0], AdjacentShardToMerge=children[1])
shards = client.list_shards(StreamName="s")["Shards"]
merged = [s for s in shards if "AdjacentParentShardId" in s]
assert len(shards) == 5 and len(merged) == 1, shards
assert merged[0]["HashKeyRange"] == first["HashKeyRange"]
closed = [s["ShardId"] for s in shards if "EndingSequenceNumber" in s["SequenceNumberRange"]]
assert closed == [first["ShardId"]] + children, closed
latest = client.list_shards(StreamName="s", ShardFilter={"Type": "AT_LATEST"})["Shards"]
assert len(latest) == 2, latest
after = client.list_shards(
    StreamName="s", ShardFilter={"Type": "AFTER_SHARD_ID", "ShardId": children[0]})["Shards"]
assert len(after) == 2, after
scaled = client.update_shard_count(
    StreamName="s", TargetShardCount=4, ScalingType="UNIFORM_SCALING")
assert (scaled["CurrentShardCount"], scaled["TargetShardCount"]) == (2, 4), scaled
refused(names.LimitExceededException, client.update_shard_count, StreamName="s",
        TargetShardCount=9, ScalingType="UNIFORM_SCALING")
refused(names.ValidationException, client.update_shard_count, "is in On-Demand mode",
        StreamName="od", TargetShardCount=5, ScalingType="UNIFORM_SCALING")

# Settings
client.increase_stream_retention_period(StreamName="s", RetentionPeriodHours=48)
refused(names.InvalidArgumentException, client.increase_stream_retention_period,
        "can not be shorter than existing", StreamName="s", RetentionPeriodHours=30)
refused(names.InvalidArgumentException, client.increase_stream_retention_period,
        "Maximum allowed retention period is 8760 hours", StreamName="s",
        RetentionPeriodHours=8761)
client.decrease_stream_retention_period(StreamARN=arn, RetentionPeriodHours=24)
refused(names.InvalidArgumentException, client.decrease_stream_retention_period, "is too short",
        StreamName="s", RetentionPeriodHours=23)
client.update_max_record_size(StreamARN=arn, MaxRecordSizeInKiB=1024)
refused(names.ValidationException, client.put_record, "less than or equal to 1048576",
        StreamName="s", Data=b"x" * 1500000, PartitionKey="k")
metrics = client.enable_enhanced_monitoring(StreamName="s", ShardLevelMetrics=["ALL"])
assert metrics["CurrentShardLevelMetrics"] == [] and len(metrics["DesiredShardLevelMetrics"]) == 7
metrics = client.disable_enhanced_monitoring(
    StreamName="s", ShardLevelMetrics=["IncomingBytes", "OutgoingBytes"])
assert len(metrics["CurrentShardLevelMetrics"]) == 7
assert len(metrics["DesiredShardLevelMetrics"]) == 5
client.start_stream_encryption(StreamName="s", EncryptionType="KMS", KeyId="alias/aws/kinesis")
put = client.put_record(StreamName="s", Data=b"secret", PartitionKey="k")
assert put["EncryptionType"] == "KMS", put
description = client.describe_stream(StreamName="s", Limit=1)["StreamDescription"]
assert description["KeyId"] == "alias/aws/kinesis" and description["HasMoreShards"], description
assert len(description["EnhancedMonitoring"][0]["ShardLevelMetrics"]) == 5
refused(names.InvalidArgumentException, client.start_stream_encryption, StreamName="s",
        EncryptionType="KMS", KeyId="no key")
client.stop_stream_encryption(StreamName="s", EncryptionType="KMS", KeyId="alias/aws/kinesis")
client.update_stream_mode(StreamARN=arn, StreamModeDetails={"StreamMode": "ON_DEMAND"})
warm = client.update_stream_warm_throughput(StreamARN=arn, WarmThroughputMiBps=20)
assert warm["WarmThroughput"]["TargetMiBps"] == 20 and warm["StreamName"] == "s", warm
client.update_stream_mode(StreamARN=arn, StreamModeDetails={"StreamMode": "PROVISIONED"})
refused(names.LimitExceededException, client.update_stream_mode, StreamARN=arn,
        StreamModeDetails={"StreamMode": "ON_DEMAND"})

# Tags and policies
client.add_tags_to_stream(StreamName="s", Tags={"a": "1", "b": "2"})
tags = client.list_tags_for_stream(StreamName="s", Limit=2)
assert tags["HasMoreTags"] and [t["Key"] for t in tags["Tags"]] == ["a", "b"], tags
tags = client.list_tags_for_stream(StreamName="s", ExclusiveStartTagKey="b")
assert [t["Key"] for t in tags["Tags"]] == ["team"] and not tags["HasMoreTags"], tags
client.remove_tags_from_stream(StreamName="s", TagKeys=["a"])
client.tag_resource(ResourceARN=arn, Tags={"c": "3"})
client.untag_resource(ResourceARN=arn, TagKeys=["b", "none"])
tags = client.list_tags_for_resource(ResourceARN=arn)["Tags"]
assert tags == [{"Key": "c", "Value": "3"}, {"Key": "team", "Value": "data"}], tags
refused(names.InvalidArgumentException, client.add_tags_to_stream, "cannot have more than 50 tags",
        StreamName="s", Tags={"t%d" % i: "" for i in range(50)})
refused(names.InvalidArgumentException, client.add_tags_to_stream, "invalid characters",
        StreamName="s", Tags={"a;b": ""})
policy = ('{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", '
          '"Action": "kinesis:DescribeStreamSummary", "Resource": "%s"}]}' % arn)
refused(names.InvalidArgumentException, client.put_resource_policy, "no Statement",
        ResourceARN=arn, Policy='{"Version": "2012-10-17"}')
client.put_resource_policy(ResourceARN=arn, Policy=policy)
assert client.get_resource_policy(ResourceARN=arn)["Policy"] == policy
client.delete_resource_policy(ResourceARN=arn)
refused(names.ResourceNotFoundException, client.delete_resource_policy, ResourceARN=arn)

# Consumers
consumer = client.register_stream_consumer(
    StreamARN=arn, ConsumerName="app", Tags={"x": "y"})["Consumer"]
refused(names.ResourceInUseException, client.register_stream_consumer, StreamARN=arn,
        ConsumerName="app")
told = client.describe_stream_consumer(ConsumerARN=consumer["ConsumerARN"])["ConsumerDescription"]
assert told["ConsumerStatus"] == "ACTIVE" and told["StreamARN"] == arn, told
assert client.describe_stream_consumer(
    StreamARN=arn, ConsumerName="app")["ConsumerDescription"] == told
client.register_stream_consumer(StreamARN=arn, ConsumerName="other")
page = client.list_stream_consumers(StreamARN=arn, MaxResults=1)
assert [c["ConsumerName"] for c in page["Consumers"]] == ["app"], page
page = client.list_stream_consumers(StreamARN=arn, NextToken=page["NextToken"])
assert [c["ConsumerName"] for c in page["Consumers"]] == ["other"], page
assert client.list_tags_for_resource(
    ResourceARN=consumer["ConsumerARN"])["Tags"] == [{"Key": "x", "Value": "y"}]
events = client.subscribe_to_shard(
    ConsumerARN=consumer["ConsumerARN"], ShardId=first["ShardId"],
    StartingPosition={"Type": "TRIM_HORIZON"})["EventStream"]
events = [event["SubscribeToShardEvent"] for event in events]
assert sum(len(e["Records"]) for e in events) > 200, events
assert [c["ParentShards"] for c in events[-1]["ChildShards"]] == [[first["ShardId"]]] * 2
refused(names.ResourceInUseException, client.delete_stream, StreamName="s")
client.deregister_stream_consumer(ConsumerARN=consumer["ConsumerARN"])
refused(names.ResourceNotFoundException, client.describe_stream_consumer,
        ConsumerARN=consumer["ConsumerARN"])

# The account
settings = client.describe_account_settings()["MinimumThroughputBillingCommitment"]
assert settings["Status"] == "DISABLED", settings
settings = client.update_account_settings(
    MinimumThroughputBillingCommitment={"Status": "ENABLED"})["MinimumThroughputBillingCommitment"]
assert settings["Status"] == "ENABLED" and settings["EarliestAllowedEndAt"], settings
settings = client.update_account_settings(
    MinimumThroughputBillingCommitment={"Status": "DISABLED"})["MinimumThroughputBillingCommitment"]
assert settings["Status"] == "ENABLED_UNTIL_EARLIEST_ALLOWED_END", settings

client.delete_stream(StreamName="s", EnforceConsumerDeletion=True)
client.get_waiter("stream_not_exists").wait(StreamName="s")
# Queues, channels and distribution strategies came to the model in 2026, and are not served.
later = {name for name in client.meta.service_model.operation_names
         if "Queue" in name or "Channel" in name or "DistributionStrategy" in name}
missing = set(client.meta.service_model.operation_names) - called - later
assert not missing, missing
print("done", len(called))
