"""EventBridge by boto3 and the aws command line, as their users call it.

events.py PORT
"""

import json
import os
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint = f"http://127.0.0.1:{sys.argv[1]}"
keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}
events = boto3.client("events", endpoint_url=endpoint, **keys)
unchecked = boto3.client(
    "events", endpoint_url=endpoint, config=Config(parameter_validation=False), **keys
)
HEAD = "arn:aws:events:us-east-1:000000000000:"
PATTERN = json.dumps({"source": ["shop"], "detail": {"total": [{"numeric": [">", 10]}]}})


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error.response
        return error.response["Error"]["Message"]
    raise AssertionError(f"{call} was not refused with {code}")


def buses():
    assert [b["Name"] for b in events.list_event_buses()["EventBuses"]] == ["default"]
    made = events.create_event_bus(Name="shop", Description="orders", Tags=[{"Key": "k", "Value": "v"}])
    assert made["EventBusArn"] == HEAD + "event-bus/shop"
    assert refused("ResourceAlreadyExistsException", events.create_event_bus, Name="shop") == (
        "Event bus shop already exists."
    )
    bus = events.describe_event_bus(Name=made["EventBusArn"])
    assert bus["Name"] == "shop" and bus["Description"] == "orders", bus
    assert isinstance(bus["CreationTime"], datetime)
    events.update_event_bus(Name="shop", Description="all orders")
    assert events.describe_event_bus(Name="shop")["Description"] == "all orders"
    assert refused("ResourceNotFoundException", events.describe_event_bus, Name="none") == (
        "Event bus none does not exist."
    )
    assert refused("ValidationException", events.delete_event_bus, Name="default") == (
        "Cannot delete event bus default."
    )
    for number in range(5):
        events.create_event_bus(Name=f"many-{number}")
    first = events.list_event_buses(NamePrefix="many", Limit=3)
    rest = events.list_event_buses(NamePrefix="many", NextToken=first["NextToken"])
    names = [b["Name"] for b in first["EventBuses"] + rest["EventBuses"]]
    assert names == [f"many-{n}" for n in range(5)] and "NextToken" not in rest
    for name in names:
        events.delete_event_bus(Name=name)
    events.put_permission(
        EventBusName="shop", Action="events:PutEvents", Principal="111122223333", StatementId="one"
    )
    policy = json.loads(events.describe_event_bus(Name="shop")["Policy"])
    assert policy["Statement"][0]["Sid"] == "one", policy
    assert refused(
        "ResourceNotFoundException", events.remove_permission, EventBusName="shop", StatementId="two"
    ) == "Statement with the provided id does not exist."
    events.remove_permission(EventBusName="shop", StatementId="one")
    assert "Policy" not in events.describe_event_bus(Name="shop")


def rules():
    arn = events.put_rule(
        Name="large", EventBusName="shop", EventPattern=PATTERN, Description="d", RoleArn="arn:aws:iam::1:role/r"
    )["RuleArn"]
    assert arn == HEAD + "rule/shop/large"
    rule = events.describe_rule(Name="large", EventBusName="shop")
    assert rule["EventPattern"] == PATTERN and rule["State"] == "ENABLED", rule
    assert rule["CreatedBy"] == "000000000000" and rule["EventBusName"] == "shop"
    assert refused("ResourceNotFoundException", events.describe_rule, Name="large") == (
        "Rule large does not exist on EventBus default."
    )
    message = refused(
        "InvalidEventPatternException", events.put_rule, Name="bad", EventPattern='{"int": 42}'
    )
    assert message.startswith(
        'Event pattern is not valid. Reason: "int" must be an object or an array\n at [Source: '
    ) and message.endswith("line: 1, column: 11]"), message
    assert refused(
        "ValidationException", events.put_rule, Name="s", EventBusName="shop", ScheduleExpression="rate(1 day)"
    ) == "ScheduleExpression is supported only on the default event bus."
    assert refused("ValidationException", events.put_rule, Name="s", ScheduleExpression="rate(1 days)") == (
        "Parameter ScheduleExpression is not valid."
    )
    assert "regular expression" in refused(
        "ValidationException", unchecked.put_rule, Name="no blanks", EventPattern=PATTERN
    )
    events.put_rule(Name="daily", ScheduleExpression="cron(0 12 * * ? *)", State="DISABLED")
    assert events.describe_rule(Name="daily")["ScheduleExpression"] == "cron(0 12 * * ? *)"
    events.enable_rule(Name="daily")
    assert events.describe_rule(Name="daily")["State"] == "ENABLED"
    events.disable_rule(Name="daily")
    assert [r["Name"] for r in events.list_rules()["Rules"]] == ["daily"]
    assert events.list_rules(NamePrefix="x")["Rules"] == []
    events.tag_resource(ResourceARN=arn, Tags=[{"Key": "team", "Value": "a"}])
    assert events.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "team", "Value": "a"}]
    events.untag_resource(ResourceARN=arn, TagKeys=["team"])
    assert events.list_tags_for_resource(ResourceARN=arn)["Tags"] == []


def targets():
    group = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/events/shop"
    target = {
        "Id": "log", "Arn": group, "RetryPolicy": {"MaximumRetryAttempts": 0},
        "InputTransformer": {"InputPathsMap": {"t": "$.detail.total"}, "InputTemplate": '{"sum": <t>}'},
    }
    put = events.put_targets(Rule="large", EventBusName="shop", Targets=[target])
    assert put["FailedEntryCount"] == 0 and put["FailedEntries"] == []
    assert events.list_targets_by_rule(Rule="large", EventBusName="shop")["Targets"] == [target]
    assert events.list_rule_names_by_target(TargetArn=group, EventBusName="shop")["RuleNames"] == ["large"]
    assert events.list_rule_names_by_target(TargetArn=group)["RuleNames"] == []
    both = {"Id": "x", "Arn": group, "Input": "{}", "InputPath": "$.detail"}
    assert refused(
        "ValidationException", events.put_targets, Rule="large", EventBusName="shop", Targets=[both]
    ) == "Only one of Input, InputPath, or InputTransformer must be provided for target x."
    unknown = {"Id": "x", "Arn": group, "InputTransformer": {"InputTemplate": '"<nowhere>"'}}
    assert refused(
        "ValidationException", events.put_targets, Rule="large", EventBusName="shop", Targets=[unknown]
    ) == "InputTemplate for target x contains invalid placeholder nowhere."
    assert refused(
        "LimitExceededException", events.put_targets, Rule="large", EventBusName="shop",
        Targets=[{"Id": f"t{n}", "Arn": group} for n in range(6)],
    ) == "The requested resource exceeds the maximum number allowed."
    assert "targets.1.member.id" in refused(
        "ValidationException", unchecked.put_targets, Rule="large", EventBusName="shop",
        Targets=[{"Id": "!@#", "Arn": group}],
    )
    assert refused(
        "ValidationException", events.delete_rule, Name="large", EventBusName="shop"
    ) == "Rule can't be deleted since it has targets."


def put_events():
    def entry(**members):
        return {"Source": "shop", "DetailType": "order", "Detail": '{"total": 12}', **members}

    answer = events.put_events(
        Entries=[
            entry(EventBusName="shop", Resources=["a"], Time=datetime(2026, 1, 2, 3, 4, 5)),
            entry(Source=""), entry(DetailType=""), entry(Detail="[1]"), entry(Detail="{"),
            entry(Source="aws.s3"), entry(EventBusName=HEAD + "event-bus/shop", Detail='{"total": 5}'),
        ]
    )
    assert answer["FailedEntryCount"] == 5, answer
    codes = [e.get("ErrorCode") for e in answer["Entries"]]
    assert codes == [
        None, "InvalidArgument", "InvalidArgument", "MalformedDetail", "MalformedDetail",
        "NotAuthorizedForSourceException", None,
    ], codes
    assert "Source is a required argument" in answer["Entries"][1]["ErrorMessage"]
    assert len(answer["Entries"][0]["EventId"]) == 36
    refused("ValidationException", unchecked.put_events, Entries=[entry()] * 11)
    big = json.dumps({"x": "y" * (1 << 20)})
    assert refused("ValidationException", events.put_events, Entries=[entry(Detail=big)]) == (
        "Total size of the entries in the request is over the limit."
    )


def patterns():
    event = {
        "id": "1", "source": "shop", "detail-type": "order", "account": "1", "region": "us-east-1",
        "time": "2026-01-01T00:00:00Z", "detail": {"total": 12, "ip": "10.0.0.7", "name": "Ana"},
    }
    for pattern, result in [
        ({"detail": {"total": [{"numeric": [">", 10, "<=", 12]}]}}, True),
        ({"detail": {"ip": [{"cidr": "10.0.0.0/24"}]}}, True),
        ({"detail": {"name": [{"equals-ignore-case": "ANA"}]}}, True),
        ({"detail": {"name": [{"anything-but": {"wildcard": "A*"}}]}}, False),
        ({"$or": [{"source": ["x"]}, {"detail": {"gone": [{"exists": False}]}}]}, True),
    ]:
        found = events.test_event_pattern(EventPattern=json.dumps(pattern), Event=json.dumps(event))
        assert found["Result"] == result, pattern
    del event["source"]
    assert "source" in refused(
        "ValidationException", events.test_event_pattern, EventPattern=PATTERN, Event=json.dumps(event)
    )


def archives():
    now = datetime.now(timezone.utc)
    bus = HEAD + "event-bus/shop"
    made = events.create_archive(
        ArchiveName="all", EventSourceArn=bus, EventPattern='{"source": ["shop"]}', RetentionDays=7
    )
    assert made["State"] == "ENABLED" and made["ArchiveArn"] == HEAD + "archive/all"
    refused("ResourceAlreadyExistsException", events.create_archive, ArchiveName="all", EventSourceArn=bus)
    events.put_events(
        Entries=[
            {"Source": "shop", "DetailType": "order", "Detail": '{"total": 99}', "EventBusName": "shop"}
            for _ in range(3)
        ]
    )
    described = events.describe_archive(ArchiveName="all")
    assert described["EventCount"] == 3 and described["RetentionDays"] == 7, described
    events.update_archive(ArchiveName="all", Description="d")
    refused("ValidationException", events.update_archive, ArchiveName="all")
    span = {"EventStartTime": now - timedelta(hours=1), "EventEndTime": now + timedelta(hours=1)}
    arguments = {"EventSourceArn": made["ArchiveArn"], "Destination": {"Arn": bus}, **span}
    started = events.start_replay(ReplayName="again", **arguments)
    assert started["State"] == "STARTING"
    refused("ResourceAlreadyExistsException", events.start_replay, ReplayName="again", **arguments)
    for _ in range(100):
        replay = events.describe_replay(ReplayName="again")
        if replay["State"] == "COMPLETED":
            break
        time.sleep(0.1)
    assert replay["State"] == "COMPLETED" and "EventLastReplayedTime" in replay, replay
    assert events.describe_archive(ArchiveName="all")["EventCount"] == 3
    assert [r["ReplayName"] for r in events.list_replays()["Replays"]] == ["again"]
    refused("IllegalStatusException", events.cancel_replay, ReplayName="again")
    swapped = {**arguments, "EventStartTime": span["EventEndTime"], "EventEndTime": span["EventStartTime"]}
    refused("ValidationException", events.start_replay, ReplayName="b", **swapped)
    assert [a["ArchiveName"] for a in events.list_archives(EventSourceArn=bus)["Archives"]] == ["all"]
    events.delete_archive(ArchiveName="all")
    refused("ResourceNotFoundException", events.describe_archive, ArchiveName="all")


def destinations():
    auth = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "secret"}}
    connection = events.create_connection(Name="c", AuthorizationType="API_KEY", AuthParameters=auth)
    assert connection["ConnectionState"] == "AUTHORIZED"
    assert "secret" not in json.dumps(events.describe_connection(Name="c"), default=str)
    made = events.create_api_destination(
        Name="d", ConnectionArn=connection["ConnectionArn"], HttpMethod="POST",
        InvocationEndpoint="http://127.0.0.1:9/",
    )
    assert made["ApiDestinationState"] == "ACTIVE"
    assert events.describe_api_destination(Name="d")["InvocationRateLimitPerSecond"] == 300
    assert refused("ResourceNotFoundException", events.describe_api_destination, Name="e") == (
        "Failed to describe the api-destination(s). An api-destination 'e' does not exist."
    )
    assert len(events.list_connections()["Connections"]) == 1
    events.delete_api_destination(Name="d")
    events.delete_connection(Name="c")
    refused("OperationDisabledException", events.create_partner_event_source, Name="p", Account="1" * 12)


def command_line():
    environment = {
        **os.environ, "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1",
    }

    def run(*arguments):
        command = [sys.executable, "-m", "awscli", "events", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout else None

    run("put-rule", "--name", "cli", "--event-pattern", PATTERN)
    put = run("put-events", "--entries", '[{"Source":"shop","DetailType":"o","Detail":"{\\"total\\":11}"}]')
    assert put["FailedEntryCount"] == 0, put
    assert run("describe-rule", "--name", "cli")["State"] == "ENABLED"
    run("delete-rule", "--name", "cli")


def clean_up():
    events.remove_targets(Rule="large", EventBusName="shop", Ids=["log", "nothing"])
    events.delete_rule(Name="large", EventBusName="shop")
    events.delete_rule(Name="large", EventBusName="shop")
    events.delete_event_bus(Name="shop")
    refused("ResourceNotFoundException", events.list_rules, EventBusName="shop")


for step in (
    buses, rules, targets, put_events, patterns, archives, destinations, command_line, clean_up,
):
    step()
print("done")
