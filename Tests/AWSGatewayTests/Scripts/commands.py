"""A dozen commands of the aws command line, unchanged."""
import base64
import json
import os
import subprocess
import sys

environment = dict(
    os.environ, AWS_ENDPOINT_URL="http://127.0.0.1:" + sys.argv[1], AWS_DEFAULT_REGION="us-east-1",
    AWS_ACCESS_KEY_ID="any", AWS_SECRET_ACCESS_KEY="any", AWS_PAGER="", AWS_MAX_ATTEMPTS="1",
    AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)


def aws(*words, status=0):
    command = [sys.executable, "-m", "awscli", "kinesis", *words]
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=30)
    assert done.returncode == status or status is None, (words, done.returncode, done.stdout, done.stderr)
    return json.loads(done.stdout) if done.stdout.strip() else done.stderr


aws("create-stream", "--stream-name", "s", "--shard-count", "1")
data = base64.b64encode(b"hello").decode()
put = aws("put-record", "--stream-name", "s", "--partition-key", "k", "--data", data)
assert put["ShardId"] == "shardId-000000000000", put
iterator = aws("get-shard-iterator", "--stream-name", "s", "--shard-id", put["ShardId"],
               "--shard-iterator-type", "AT_SEQUENCE_NUMBER",
               "--starting-sequence-number", put["SequenceNumber"])["ShardIterator"]
records = aws("get-records", "--shard-iterator", iterator)["Records"]
# The first version of the command line takes raw text, the second base64.
assert records[0]["Data"] in (data, base64.b64encode(data.encode()).decode()), records
aws("split-shard", "--stream-name", "s", "--shard-to-split", put["ShardId"],
    "--new-starting-hash-key", "1000")
assert len(aws("list-shards", "--stream-name", "s")["Shards"]) == 3
aws("increase-stream-retention-period", "--stream-name", "s", "--retention-period-hours", "48")
summary = aws("describe-stream-summary", "--stream-name", "s")["StreamDescriptionSummary"]
assert (summary["RetentionPeriodHours"], summary["OpenShardCount"]) == (48, 2), summary
aws("add-tags-to-stream", "--stream-name", "s", "--tags", "team=data")
assert aws("list-tags-for-stream", "--stream-name", "s")["Tags"] == [
    {"Key": "team", "Value": "data"}]
aws("register-stream-consumer", "--stream-arn", summary["StreamARN"], "--consumer-name", "app")
aws("wait", "stream-exists", "--stream-name", "s")
error = aws("describe-stream", "--stream-name", "none", status=None)
assert "Stream none under account 000000000000 not found." in error, error
aws("delete-stream", "--stream-name", "s", "--enforce-consumer-deletion")
assert aws("list-streams")["StreamNames"] == []
print("done")
