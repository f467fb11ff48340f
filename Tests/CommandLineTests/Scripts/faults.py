"""Faults that are set in a running engine, as boto3 sees them: real exceptions, real waits."""

import os
import subprocess
import sys
import time

import boto3
import botocore
from botocore.config import Config

port, weir, data = sys.argv[1:]
os.environ.update(
    AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="us-east-1")
kinesis = boto3.client(
    "kinesis", endpoint_url=f"http://127.0.0.1:{port}",
    config=Config(retries={"total_max_attempts": 1}))


def faults(*arguments):
    done = subprocess.run(
        [weir, "faults", *arguments, "--data", data, "--format", "csv"], capture_output=True,
        text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


kinesis.create_stream(StreamName="orders", ShardCount=2)
kinesis.get_waiter("stream_exists").wait(StreamName="orders")


def put():
    return kinesis.put_record(StreamName="orders", Data=b"x", PartitionKey="k")


# Errors of a type, so many times.
faults("set", "error", "InternalFailure", "--operation", "PutRecord", "--max-strikes", "2")
for _ in range(2):
    try:
        put()
        raise AssertionError("no fault")
    except botocore.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == "InternalFailure", error.response
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 500
put()

# A throttle is the client's own exception.
faults("clear")
faults("set", "throttle", "--stream", "orders", "--operation", "PutRecord")
try:
    put()
    raise AssertionError("no throttle")
except kinesis.exceptions.ProvisionedThroughputExceededException:
    pass
kinesis.list_shards(StreamName="orders")

# A part of a PutRecords fails; the same seed fails the same part.
def failed():
    faults("clear")
    faults("set", "partial", "0.3", "--stream", "orders", "--seed", "7")
    answer = kinesis.put_records(
        StreamName="orders", Records=[{"Data": b"x", "PartitionKey": f"k{i}"} for i in range(100)])
    codes = [record.get("ErrorCode") for record in answer["Records"]]
    assert answer["FailedRecordCount"] == sum(code is not None for code in codes)
    return codes


first = failed()
assert 10 < sum(code is not None for code in first) < 50, first
assert set(first) == {None, "InternalFailure"}
assert failed() == first

# One shard alone.
faults("clear")
faults("set", "throttle", "--shard", "shardId-000000000001")
answer = kinesis.put_records(
    StreamName="orders", Records=[{"Data": b"x", "PartitionKey": f"k{i}"} for i in range(50)])
shards = {record.get("ShardId", record.get("ErrorCode")) for record in answer["Records"]}
assert shards == {"shardId-000000000000", "ProvisionedThroughputExceededException"}, shards

faults("clear")
faults("set", "latency", "600ms", "--operation", "ListShards")
before = time.monotonic()
kinesis.list_shards(StreamName="orders")
assert time.monotonic() - before >= 0.6
rows = faults("list")
assert len(rows) == 2 and rows[1].split(",")[1:4] == ["latency", "600ms", "ListShards"], rows
assert rows[1].split(",")[9] == "1", rows
faults("clear")
before = time.monotonic()
kinesis.list_shards(StreamName="orders")
assert time.monotonic() - before < 0.6
assert len(faults("list")) == 1

wrong = subprocess.run(
    [weir, "faults", "set", "error", "NoSuch", "--data", data], capture_output=True, text=True)
assert wrong.returncode == 2 and "NoSuch" in wrong.stderr, wrong
wrong = subprocess.run(
    [weir, "faults", "set", "latency", "1ms", "--operation", "Nope", "--data", data],
    capture_output=True, text=True)
assert wrong.returncode == 2 and "UpdateStreamWarmThroughput" in wrong.stderr, wrong
wrong = subprocess.run(
    [weir, "faults", "clear", "99", "--data", data], capture_output=True, text=True)
words = "weir: there is no fault 99 (weir faults lists those that are set)\n"
assert wrong.returncode == 1 and wrong.stderr == words, wrong
print("done")
