"""Puts records through boto3 while the engine is killed again and again, then counts.

usage: kill_and_count.py WEIR RECORDS KILLS [SEED]

Every record that PutRecords acknowledged must be in the view exactly once. Records of requests
that ended without an answer may be there or not: nobody was promised anything.
Prints one line of figures; exits 1 if a record is lost or doubled.
"""

import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

import boto3
from botocore.config import Config

weir, total, kills = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
seed = int(sys.argv[4]) if len(sys.argv) > 4 else int(time.time())
chance = random.Random(seed)
data = tempfile.mkdtemp(prefix="weir-kill-")
port = 0


def start():
    """Starts the engine on the port that the first start picked, and waits until it is ready."""
    global port
    process = subprocess.Popen(
        [weir, "serve", "--data", data, "--aws-port", str(port), "--sql-port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    line = process.stdout.readline()
    found = re.match(r"ready aws=127\.0\.0\.1:(\d+)", line)
    if not found:
        sys.exit(f"seed {seed}: the engine did not start: {line!r}")
    port = int(found.group(1))
    return process


def sql(text):
    result = subprocess.run(
        [weir, "sql", "--data", data, "--format", "csv", "-c", text],
        capture_output=True,
        text=True,
        timeout=120,
    )
    if result.returncode != 0:
        sys.exit(f"seed {seed}: {text}: {result.stderr}")
    return result.stdout.splitlines()


engine = start()
client = boto3.client(
    "kinesis",
    endpoint_url=f"http://127.0.0.1:{port}",
    region_name="us-east-1",
    aws_access_key_id="x",
    aws_secret_access_key="x",
    config=Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=10),
)
client.create_stream(StreamName="my_stream", ShardCount=5)
sql(
    """
    CREATE EXTERNAL SCHEMA kinesis_schema FROM KINESIS
    IAM_ROLE 'arn:aws:iam::account:role/RedshiftStreamingRole';
    CREATE MATERIALIZED VIEW real_time_analytics AS
    SELECT json_extract_path_text(kinesis_data, 'customer_id') as customer_id,
           json_extract_path_text(kinesis_data, 'amount') as amount,
           approximate_arrival_timestamp
    FROM kinesis_schema.my_stream;
    ALTER MATERIALIZED VIEW real_time_analytics AUTO REFRESH YES;
    CREATE TABLE length_names (length INT, name VARCHAR(20));
    INSERT INTO length_names VALUES (2, 'two'), (3, 'three'), (4, 'four'), (5, 'five');
    CREATE MATERIALIZED VIEW by_length AUTO REFRESH YES AS
    SELECT amount, count(*) AS n, min(customer_id) AS first FROM real_time_analytics GROUP BY 1;
    CREATE MATERIALIZED VIEW by_name AUTO REFRESH YES AS
    SELECT n.name, count(*) AS n FROM real_time_analytics r
    JOIN length_names n ON n.length = r.amount::int GROUP BY 1;
    CREATE MATERIALIZED VIEW total AUTO REFRESH YES AS SELECT sum(n) AS n FROM by_length;
    """
)
# What each view over the view must hold, computed from scratch.
derived = {
    "by_length": "SELECT amount, count(*), min(customer_id) FROM real_time_analytics GROUP BY 1",
    "by_name": "SELECT n.name, count(*) FROM real_time_analytics r "
    "JOIN length_names n ON n.length = r.amount::int GROUP BY 1",
    "total": "SELECT count(*) FROM real_time_analytics",
}

acknowledged, uncertain = set(), set()
sent = 0
done = threading.Event()


def produce():
    """Never sends an id twice, so that a doubled row can only be the engine's doing."""
    global sent
    while sent < total:
        ids = [f"c{n}" for n in range(sent, min(sent + 100, total))]
        sent += len(ids)
        records = [
            {"PartitionKey": i, "Data": json.dumps({"customer_id": i, "amount": len(i)}).encode()}
            for i in ids
        ]
        try:
            answer = client.put_records(StreamName="my_stream", Records=records)
            for i, item in zip(ids, answer["Records"]):
                (uncertain if "ErrorCode" in item else acknowledged).add(i)
        except Exception:
            uncertain.update(ids)
            time.sleep(0.02)
    done.set()


producer = threading.Thread(target=produce)
producer.start()
killed = 0
while killed < kills:
    time.sleep(chance.uniform(0.02, 0.4))
    engine.send_signal(signal.SIGKILL)
    engine.wait()
    killed += 1
    engine = start()
    if done.is_set() and killed < kills:
        # The records are all sent: what is left is to kill the refreshing.
        continue
producer.join()

expected = len(acknowledged)
deadline = time.time() + 60
while time.time() < deadline:
    if set(sql("SELECT is_stale FROM svv_mv_info")[1:]) == {"f"}:
        break
    time.sleep(0.1)
rows = sql("SELECT customer_id FROM real_time_analytics")[1:]
wrong = [
    name
    for name, query in derived.items()
    if sorted(sql(f"SELECT * FROM {name}")[1:]) != sorted(sql(query)[1:])
]
engine.terminate()
engine.wait(timeout=30)

found = set(rows)
lost = acknowledged - found
unknown = found - acknowledged - uncertain
doubled = len(rows) - len(found)
print(
    f"seed {seed}: {killed} kills, {expected} acknowledged, {len(uncertain)} unanswered, "
    f"{len(rows)} rows; lost {len(lost)}, doubled {doubled}, unknown {len(unknown)}, "
    f"views that differ {len(wrong)} {' '.join(wrong)}".rstrip()
)
if lost or doubled or unknown or wrong or expected == 0:
    sys.exit(f"the data directory is {data}")
subprocess.run(["rm", "-rf", data], check=True)
