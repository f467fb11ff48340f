"""Rules with every kind of target, over a running engine.

targets.py AWS_PORT
"""

import http.server
import json
import sys
import threading
import time

import boto3

endpoint = f"http://127.0.0.1:{sys.argv[1]}"
keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}
events = boto3.client("events", endpoint_url=endpoint, **keys)
kinesis = boto3.client("kinesis", endpoint_url=endpoint, **keys)
received = []


class Handler(http.server.BaseHTTPRequestHandler):
    """Fails the first request, and takes those that follow."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        received.append((self.path, self.headers.get("X-Key"), json.loads(body)))
        self.send_response(503 if len(received) == 1 else 200)
        self.end_headers()

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()

kinesis.create_stream(StreamName="orders", ShardCount=1)
connection = events.create_connection(
    Name="c", AuthorizationType="API_KEY",
    AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "secret"}},
)
destination = events.create_api_destination(
    Name="d", ConnectionArn=connection["ConnectionArn"], HttpMethod="POST",
    InvocationEndpoint=f"http://127.0.0.1:{server.server_port}/hook/*",
)
ARN = "arn:aws:{}:us-east-1:000000000000:{}"
once = {"RetryPolicy": {"MaximumRetryAttempts": 0}}
targets = {
    "stream": [{
        "Id": "t", "Arn": ARN.format("kinesis", "stream/orders"),
        "KinesisParameters": {"PartitionKeyPath": "$.detail.customer"}, "InputPath": "$.detail",
    }],
    "sql": [{
        "Id": "t", "Arn": ARN.format("redshift-serverless", "workgroup/w"), **once,
        "RedshiftDataParameters": {
            "Database": "dev",
            "Sqls": [
                "INSERT INTO seen VALUES (:'{$.detail.customer}/{$.detail.total}', "
                "JSON_EXTRACT_PATH_TEXT(:event, 'detail', 'note'))",
                "INSERT INTO seen VALUES ('second', NULL)",
            ],
        },
    }],
    "http": [{
        "Id": "t", "Arn": destination["ApiDestinationArn"], "InputPath": "$.detail",
        "HttpParameters": {"PathParameterValues": ["new"]},
    }],
    "rest": [
        {"Id": "log", "Arn": ARN.format("logs", "log-group:/aws/events/orders")},
        {"Id": "function", "Arn": ARN.format("lambda", "function:keep"), **once},
        {"Id": "broken", "Arn": ARN.format("lambda", "function:broken"), **once},
        {"Id": "queue", "Arn": ARN.format("sqs", "queue"), **once},
    ],
}
for name, list_of_targets in targets.items():
    events.put_rule(Name=name, EventPattern='{"source": ["shop"]}')
    put = events.put_targets(Rule=name, Targets=list_of_targets)
    assert put["FailedEntryCount"] == 0, put
note = "it's \\ \"quoted\"'; DROP TABLE seen; --"
put = events.put_events(Entries=[{
    "Source": "shop", "DetailType": "order",
    "Detail": json.dumps({"customer": "o'neil\\", "total": 12, "note": note}),
}])
assert put["FailedEntryCount"] == 0, put

iterator = kinesis.get_shard_iterator(
    StreamName="orders", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
)["ShardIterator"]
for _ in range(300):
    answer = kinesis.get_records(ShardIterator=iterator)
    records = answer["Records"]
    if records and len(received) >= 2:
        break
    time.sleep(0.1)
assert records[0]["PartitionKey"] == "o'neil\\", records
assert json.loads(records[0]["Data"])["note"] == note
assert len(received) == 2 and received[0] == received[1], received
assert received[0][:2] == ("/hook/new", "secret") and received[0][2]["total"] == 12, received
print("done")
