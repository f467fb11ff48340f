"""More shards than the files that a shell lets a program have: each takes a record, keeps it
through a restart, and gives it back."""

import os
import sys

import boto3
from botocore.config import Config

step, port, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
os.environ.update(
    AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="us-east-1")
kinesis = boto3.client(
    "kinesis", endpoint_url=f"http://127.0.0.1:{port}",
    config=Config(retries={"total_max_attempts": 1}, read_timeout=120))

if step == "put":
    kinesis.create_stream(StreamName="wide", ShardCount=count)
    width = (1 << 128) // count
    records = [
        {"Data": b"x", "PartitionKey": "k", "ExplicitHashKey": str(width * n + width // 2)}
        for n in range(count)]
    for start in range(0, count, 500):
        answer = kinesis.put_records(StreamName="wide", Records=records[start:start + 500])
        assert answer["FailedRecordCount"] == 0, answer["FailedRecordCount"]
else:
    found = 0
    shards = [
        shard
        for page in kinesis.get_paginator("describe_stream").paginate(StreamName="wide")
        for shard in page["StreamDescription"]["Shards"]]
    for shard in shards:
        iterator = kinesis.get_shard_iterator(
            StreamName="wide", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
        found += len(kinesis.get_records(ShardIterator=iterator["ShardIterator"])["Records"])
    assert (len(shards), found) == (count, count), (len(shards), found)
print("done")
