"""Many clients create one stream at the same time: one of them has made it."""

import collections
import os
import sys
import threading

import boto3
from botocore.config import Config

port, data = sys.argv[1:]
os.environ.update(
    AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="us-east-1")


def client():
    return boto3.client(
        "kinesis", endpoint_url=f"http://127.0.0.1:{port}",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=120))


for round in range(3):
    clients = [client() for _ in range(8)]
    start = threading.Barrier(len(clients))
    outcomes = collections.Counter()

    def create(kinesis):
        start.wait()
        try:
            kinesis.create_stream(StreamName=f"orders{round}", ShardCount=20)
            outcomes["made"] += 1
        except kinesis.exceptions.ResourceInUseException:
            outcomes["in use"] += 1

    threads = [threading.Thread(target=create, args=[each]) for each in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == {"made": 1, "in use": 7}, outcomes

left = [name for name in os.listdir(data + "/streams") if not name.endswith(".stream")]
assert not [name for name in left if "creating" in name], left
print("done")
