"""CloudWatch's stream metrics through its real clients, in the three protocols that they speak."""

import datetime
import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request
import xml.etree.ElementTree

import boto3
import botocore

port = sys.argv[1]
endpoint = f"http://127.0.0.1:{port}"
os.environ.update(
    AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="us-east-1",
    AWS_ENDPOINT_URL=endpoint, AWS_EC2_METADATA_DISABLED="true")
kinesis = boto3.client("kinesis", endpoint_url=endpoint)
cloudwatch = boto3.client("cloudwatch", endpoint_url=endpoint)

kinesis.create_stream(StreamName="orders", ShardCount=2)
kinesis.get_waiter("stream_exists").wait(StreamName="orders")
records = [{"Data": b"x" * 100, "PartitionKey": f"k{i}"} for i in range(40)]
kinesis.put_records(StreamName="orders", Records=records)
kinesis.put_record(StreamName="orders", Data=b"y" * 50, PartitionKey="one")
for shard in kinesis.list_shards(StreamName="orders")["Shards"]:
    iterator = kinesis.get_shard_iterator(
        StreamName="orders", ShardId=shard["ShardId"],
        ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    kinesis.get_records(ShardIterator=iterator)

now = datetime.datetime.now(datetime.timezone.utc)
start, end = now - datetime.timedelta(minutes=10), now + datetime.timedelta(minutes=2)
of_stream = [{"Name": "StreamName", "Value": "orders"}]


def total(name, statistic="Sum", dimensions=of_stream):
    answer = cloudwatch.get_metric_statistics(
        Namespace="AWS/Kinesis", MetricName=name, Dimensions=dimensions, StartTime=start,
        EndTime=end, Period=3600, Statistics=[statistic])
    points = answer["Datapoints"]
    return sum(point[statistic] for point in points) if points else None


assert total("IncomingRecords") == 41, total("IncomingRecords")
assert total("IncomingBytes") >= 40 * 100 + 50, total("IncomingBytes")
assert total("PutRecords.TotalRecords") == 40
assert total("PutRecords.SuccessfulRecords") == 40
assert total("PutRecords.ThrottledRecords") == 0
assert total("PutRecord.Success", "Average") == 1
assert total("GetRecords.Records") == 41, total("GetRecords.Records")
assert total("GetRecords.Success", "SampleCount") == 2
assert total("GetRecords.IteratorAgeMilliseconds", "Maximum") is not None
assert total("WriteProvisionedThroughputExceeded") == 0
assert total("NoSuchMetric") is None

# Shards only once they are asked for.
of_shard = of_stream + [{"Name": "ShardId", "Value": "shardId-000000000000"}]
assert total("IncomingRecords", dimensions=of_shard) is None
kinesis.enable_enhanced_monitoring(StreamName="orders", ShardLevelMetrics=["IncomingRecords"])
assert 0 < total("IncomingRecords", dimensions=of_shard) < 41
listed = cloudwatch.list_metrics(Namespace="AWS/Kinesis", Dimensions=[{"Name": "ShardId"}])
assert {m["MetricName"] for m in listed["Metrics"]} == {"IncomingRecords"}, listed
assert len(cloudwatch.list_metrics(Namespace="AWS/Kinesis")["Metrics"]) > 15

data = cloudwatch.get_metric_data(
    StartTime=start, EndTime=end, ScanBy="TimestampAscending",
    MetricDataQueries=[
        {"Id": f"m{index}", "Label": name, "MetricStat": {
            "Metric": {"Namespace": "AWS/Kinesis", "MetricName": name, "Dimensions": of_stream},
            "Period": 60, "Stat": statistic}}
        for index, (name, statistic) in enumerate(
            [("IncomingRecords", "Sum"), ("PutRecords.Latency", "p90")])])
incoming, latency = data["MetricDataResults"]
assert sum(incoming["Values"]) == 41 and incoming["StatusCode"] == "Complete", incoming
assert latency["Label"] == "PutRecords.Latency" and latency["Values"][0] > 0, latency
assert abs((incoming["Timestamps"][0] - now).total_seconds()) < 600, incoming

# A client's own metrics, large enough that the SDK packs them.
cloudwatch.put_metric_data(
    Namespace="app", MetricData=[
        {"MetricName": "Depth", "Dimensions": [{"Name": "Worker", "Value": "w" * 40 + str(i)}],
         "Values": [1.0, 3.0], "Counts": [2, 1], "Unit": "Count"} for i in range(150)])
answer = cloudwatch.get_metric_statistics(
    Namespace="app", MetricName="Depth", Dimensions=[{"Name": "Worker", "Value": "w" * 40 + "7"}],
    StartTime=start, EndTime=end, Period=3600, Statistics=["Sum", "SampleCount", "Maximum"])
point = answer["Datapoints"][0]
assert (point["Sum"], point["SampleCount"], point["Maximum"]) == (5, 3, 3), answer
assert point["Unit"] == "Count"

for name, call in {
    "InvalidParameterValue": lambda: cloudwatch.put_metric_data(
        Namespace="AWS/Kinesis", MetricData=[{"MetricName": "a", "Value": 1}]),
    "InvalidParameterCombination": lambda: cloudwatch.get_metric_statistics(
        Namespace="a", MetricName="b", StartTime=end, EndTime=start, Period=60,
        Statistics=["Sum"]),
}.items():
    try:
        call()
        raise AssertionError(name)
    except botocore.exceptions.ClientError as error:
        assert error.response["Error"]["Code"].startswith(name), error.response

# The old protocol: a form in, XML out, as awscli 2.9 sends it.
form = {
    "Action": "GetMetricStatistics", "Version": "2010-08-01", "Namespace": "AWS/Kinesis",
    "MetricName": "IncomingRecords", "Dimensions.member.1.Name": "StreamName",
    "Dimensions.member.1.Value": "orders", "StartTime": start.isoformat(),
    "EndTime": end.isoformat(), "Period": "3600", "Statistics.member.1": "Sum",
    "ExtendedStatistics.member.1": "p50"}
with urllib.request.urlopen(endpoint, urllib.parse.urlencode(form).encode()) as answer:
    tree = xml.etree.ElementTree.fromstring(answer.read())
space = {"c": "http://monitoring.amazonaws.com/doc/2010-08-01/"}
sums = tree.findall(".//c:Datapoints/c:member/c:Sum", space)
assert sum(float(item.text) for item in sums) == 41, xml.etree.ElementTree.tostring(tree)
assert tree.find("c:ResponseMetadata/c:RequestId", space) is not None

# JSON 1.0, as SDKs of the time between send it.
request = urllib.request.Request(
    endpoint, json.dumps({"Namespace": "AWS/Kinesis", "MetricName": "IncomingRecords"}).encode(),
    {"X-Amz-Target": "GraniteServiceVersion20100801.ListMetrics",
     "Content-Type": "application/x-amz-json-1.0"})
with urllib.request.urlopen(request) as answer:
    assert len(json.load(answer)["Metrics"]) >= 1

aws = os.path.join(os.path.dirname(sys.executable), "aws")
if not os.path.exists(aws):
    aws = "aws"
done = subprocess.run(
    [aws, "cloudwatch", "get-metric-statistics", "--namespace", "AWS/Kinesis", "--metric-name",
     "IncomingRecords", "--dimensions", "Name=StreamName,Value=orders", "--start-time",
     start.isoformat(), "--end-time", end.isoformat(), "--period", "3600", "--statistics", "Sum",
     "--output", "json"], capture_output=True, text=True)
assert done.returncode == 0, done.stderr
points = json.loads(done.stdout)["Datapoints"]
assert sum(point["Sum"] for point in points) == 41, done.stdout
print("done")
