"""Splits and merges the shards of a stream while producers write and a reader follows.

usage: reshard_storm.py WEIR CHANGES [SEED]

Each producer writes numbered records of its keys and waits for the acknowledgement before the
next of the same key. The reader drains a shard before its children, as the KCL does. At the end
every acknowledged record was read once, each key's in order, and a streaming view has each once.
Prints one line of figures; exits 1 if anything is lost, doubled or out of order.
"""

import json
import random
import re
import subprocess
import sys
import tempfile
import threading
import time

import boto3
from botocore.config import Config

weir, changes = sys.argv[1], int(sys.argv[2])
seed = int(sys.argv[3]) if len(sys.argv) > 3 else int(time.time())
chance = random.Random(seed)
data = tempfile.mkdtemp(prefix="weir-storm-")
PRODUCERS, KEYS = 3, 40
ports = ["--aws-port", "0", "--sql-port", "0", "--metrics-port", "0"]
engine = subprocess.Popen(
    [weir, "serve", "--data", data] + ports, stdout=subprocess.PIPE, text=True
)
line = engine.stdout.readline()
found = re.match(r"ready aws=127\.0\.0\.1:(\d+)", line)
if not found:
    sys.exit(f"the engine did not start: {line!r}")


def connect():
    return boto3.client(
        "kinesis",
        endpoint_url=f"http://127.0.0.1:{found.group(1)}",
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=60, read_timeout=60),
    )


def sql(text):
    result = subprocess.run(
        [weir, "sql", "--data", data, "--format", "csv", "-c", text],
        capture_output=True,
        text=True,
        timeout=300,
    )
    if result.returncode != 0:
        sys.exit(f"seed {seed}: {text}: {result.stderr}")
    return result.stdout.splitlines()


admin = connect()
admin.create_stream(StreamName="s", ShardCount=4)
sql(
    "CREATE EXTERNAL SCHEMA k FROM KINESIS IAM_ROLE default;"
    "CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS"
    " SELECT json_extract_path_text(kinesis_data, 'id') AS id FROM k.s"
)

done = threading.Event()
# Every put has its answer: what is acknowledged is known.
answered = threading.Event()
acknowledged = [0] * PRODUCERS
rounds = [0] * PRODUCERS
problems = []


def produce(number):
    """A round is one record of each key, in one call; the next follows its acknowledgement."""
    client = connect()
    while not done.is_set():
        turn = rounds[number]
        records = [
            {
                "PartitionKey": f"{number}-{key}",
                "Data": json.dumps({"id": f"{number}-{key}-{turn}"}).encode(),
            }
            for key in range(KEYS)
        ]
        answer = client.put_records(StreamName="s", Records=records)
        if answer["FailedRecordCount"]:
            problems.append(f"a put failed: {answer['Records'][0]}")
            return
        acknowledged[number] += KEYS
        rounds[number] += 1


def open_shards():
    shards = admin.list_shards(StreamName="s", ShardFilter={"Type": "AT_LATEST"})["Shards"]
    for shard in shards:
        shard["start"] = int(shard["HashKeyRange"]["StartingHashKey"])
        shard["end"] = int(shard["HashKeyRange"]["EndingHashKey"])
    return sorted(shards, key=lambda shard: shard["start"])


def change():
    shards = open_shards()
    if len(shards) < 3 or (len(shards) < 12 and chance.random() < 0.5):
        shard = max(chance.sample(shards, min(3, len(shards))), key=lambda s: s["end"] - s["start"])
        middle = chance.randint(shard["start"] + 1, shard["end"])
        admin.split_shard(
            StreamName="s", ShardToSplit=shard["ShardId"], NewStartingHashKey=str(middle)
        )
    else:
        at = chance.randrange(len(shards) - 1)
        admin.merge_shards(
            StreamName="s",
            ShardToMerge=shards[at]["ShardId"],
            AdjacentShardToMerge=shards[at + 1]["ShardId"],
        )


read = {}
read_count = 0


def take(records):
    global read_count
    for record in records:
        key, turn = json.loads(record["Data"])["id"].rsplit("-", 1)
        expected = read.get(key, 0)
        if int(turn) != expected:
            problems.append(f"key {key}: {turn} came where {expected} was due")
        read[key] = int(turn) + 1
        read_count += 1


def follow(total):
    """Reads all shards from the beginning; a child when its parents have ended."""
    client = connect()
    iterators, ended = {}, set()
    while not problems:
        for shard in client.list_shards(StreamName="s")["Shards"]:
            name = shard["ShardId"]
            parents = {shard.get("ParentShardId"), shard.get("AdjacentParentShardId")} - {None}
            if name not in iterators and name not in ended and parents <= ended:
                iterators[name] = client.get_shard_iterator(
                    StreamName="s", ShardId=name, ShardIteratorType="TRIM_HORIZON"
                )["ShardIterator"]
        for name, iterator in list(iterators.items()):
            answer = client.get_records(ShardIterator=iterator)
            take(answer["Records"])
            if answer.get("NextShardIterator"):
                iterators[name] = answer["NextShardIterator"]
            else:
                ended.add(name)
                del iterators[name]
        if answered.is_set() and read_count >= total():
            return


producers = [threading.Thread(target=produce, args=(n,)) for n in range(PRODUCERS)]
for producer in producers:
    producer.start()
reader = threading.Thread(target=follow, args=(lambda: sum(acknowledged),))
reader.start()
for _ in range(changes):
    if problems:
        break
    change()
done.set()
for producer in producers:
    producer.join()
answered.set()
reader.join(timeout=300)
total = sum(acknowledged)
if reader.is_alive():
    problems.append("the reader did not come to the end")
if read_count != total:
    problems.append(f"{total} records were acknowledged, {read_count} were read")
sql("REFRESH MATERIALIZED VIEW v")
rows, distinct = sql("SELECT count(*), count(DISTINCT id) FROM v")[1].split(",")
if (int(rows), int(distinct)) != (total, total):
    problems.append(f"{total} records were acknowledged, the view has {rows}, {distinct} different")
engine.terminate()
engine.wait()
print(f"seed {seed}: {changes} changes, {total} records, {rows} rows; {len(problems)} problems")
print("\n".join(problems[:10]))
sys.exit(1 if problems else 0)
