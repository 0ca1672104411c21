"""A CloudFormation of our own: makes what `infra/aws/template.yaml` says, by the APIs of a server.

moto's CloudFormation knows neither pipes nor alarms nor half of what a bucket has. So each resource
is made by the API that CloudFormation itself would call, with exactly the template's properties; a
type or a function that it does not know is an error. Nothing here proves that AWS takes the
template: that is what cfn-lint is for.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from cfnlint.decode import decode

INFRA = Path(__file__).parents[1] / "infra" / "aws"
TEMPLATE = INFRA / "template.yaml"
_IN_SUB = re.compile(r"\$\{([A-Za-z0-9:.]+)\}")


def read_template() -> dict[str, Any]:
    """Read the template, functions in their long form."""
    template, problems = decode(str(TEMPLATE))
    if template is None:
        raise AssertionError(problems)
    return dict(json.loads(json.dumps(template)))


def camel(value: Any) -> Any:
    """Spell the keys of properties as the API of Batch does: their first letter small."""
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: camel(one) for key, one in value.items()}
    return [camel(one) for one in value] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Made:
    """A resource that is there: what `Ref` gives of it, and its attributes."""

    ref: Any
    attributes: Mapping[str, Any] = field(default_factory=dict)


class Stack:
    """One stack of the template on the server that the environment names."""

    def __init__(self, name: str, parameters: Mapping[str, Any], account: str, region: str) -> None:
        self.name, self.template = name, read_template()
        self._given = {
            **{key: one.get("Default") for key, one in self.template["Parameters"].items()},
            **parameters,
            "AWS::StackName": name,
            "AWS::AccountId": account,
            "AWS::Region": region,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::NoValue": None,
        }
        self.made: dict[str, Made] = {}

    def create(self) -> None:
        """Make every resource, each after those that it names."""
        for logical in self.template["Resources"]:
            self.resource(logical)

    def resource(self, logical: str) -> Made:
        """Make a resource unless it is there."""
        if logical not in self.made:
            one = self.template["Resources"][logical]
            make = _MAKERS[one["Type"]]
            self.made[logical] = make(self.resolved(one.get("Properties", {})))
        return self.made[logical]

    def resolved(self, value: Any) -> Any:
        """Put values in the place of functions."""
        if isinstance(value, list):
            found = [self.resolved(one) for one in value]
            return [one for one in found if one is not None]
        if not isinstance(value, dict):
            return value
        if len(value) == 1 and (name := next(iter(value))) in ("Ref", *_FUNCTIONS):
            return self._call(name, value[name])
        pairs = ((key, self.resolved(one)) for key, one in value.items())
        return {key: one for key, one in pairs if one is not None}

    def _call(self, name: str, given: Any) -> Any:
        match name:
            case "Ref":
                return self._given[given] if given in self._given else self.resource(given).ref
            case "Fn::GetAtt":
                logical, attribute = given if isinstance(given, list) else given.split(".")
                return self.resource(logical).attributes[attribute]
            case "Fn::Sub":
                return _IN_SUB.sub(lambda match: str(self._named(match[1])), given)
            case "Fn::Base64":
                return base64.b64encode(self.resolved(given).encode()).decode()
            case "Fn::If":
                condition, yes, no = given
                return self.resolved(yes if self.condition(condition) else no)
        raise LookupError(f"this stand-in knows no function {name}")

    def condition(self, name: str) -> bool:
        """Judge a condition: the template has only one kind."""
        (left, right) = self.template["Conditions"][name]["Fn::Not"][0]["Fn::Equals"]
        return bool(self.resolved(left) != right)

    def _named(self, name: str) -> Any:
        return self._call("Fn::GetAtt" if "." in name else "Ref", name)


_FUNCTIONS = ("Fn::GetAtt", "Fn::Sub", "Fn::Base64", "Fn::If")


def _queue(given: dict[str, Any]) -> Made:
    name, sqs = given.pop("QueueName"), boto3.client("sqs")
    words = {key: one if isinstance(one, str) else json.dumps(one) for key, one in given.items()}
    url = sqs.create_queue(QueueName=name, Attributes=words)["QueueUrl"]
    seen = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    return Made(url, {"Arn": seen["QueueArn"], "QueueName": name})


def _queue_policy(given: dict[str, Any]) -> Made:
    for url in given["Queues"]:
        policy = json.dumps(given["PolicyDocument"])
        boto3.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return Made("")


def _role(given: dict[str, Any]) -> Made:
    iam, name = boto3.client("iam"), given["RoleName"]
    trust = json.dumps(given["AssumeRolePolicyDocument"])
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    for policy in given.get("Policies", ()):
        text = json.dumps(policy["PolicyDocument"])
        iam.put_role_policy(RoleName=name, PolicyName=policy["PolicyName"], PolicyDocument=text)
    return Made(name, {"Arn": arn})


def _profile(given: dict[str, Any]) -> Made:
    iam, name = boto3.client("iam"), given["InstanceProfileName"]
    made = iam.create_instance_profile(InstanceProfileName=name)["InstanceProfile"]
    for role in given["Roles"]:
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)
    return Made(name, {"Arn": made["Arn"]})


def _managed_policy(given: dict[str, Any]) -> Made:
    made = boto3.client("iam").create_policy(
        PolicyName=given["ManagedPolicyName"], PolicyDocument=json.dumps(given["PolicyDocument"])
    )
    return Made(made["Policy"]["Arn"])


def _pipe(given: dict[str, Any]) -> Made:
    made = boto3.client("pipes").create_pipe(**given)
    return Made(made["Name"], {"Arn": made["Arn"]})


def _state_machine(given: dict[str, Any]) -> Made:
    definition = (INFRA / given["DefinitionS3Location"]).read_text()
    for name, value in given["DefinitionSubstitutions"].items():
        definition = definition.replace(f"${{{name}}}", value)
    if "${" in definition:
        raise AssertionError("a substitution is missing")
    made = boto3.client("stepfunctions").create_state_machine(
        name=given["StateMachineName"],
        definition=definition,
        roleArn=given["RoleArn"],
        type=given["StateMachineType"],
    )
    return Made(made["stateMachineArn"])


def _security_group(given: dict[str, Any]) -> Made:
    made = boto3.client("ec2").create_security_group(
        GroupName="jobs", Description=given["GroupDescription"], VpcId=given["VpcId"]
    )
    return Made(made["GroupId"])


def _launch_template(given: dict[str, Any]) -> Made:
    made = boto3.client("ec2").create_launch_template(**given)["LaunchTemplate"]
    return Made(made["LaunchTemplateId"], {"LatestVersionNumber": str(made["LatestVersionNumber"])})


def _compute_environment(given: dict[str, Any]) -> Made:
    # AWS has a role of its own for Batch, made with the first environment; moto wants to see one.
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    role = boto3.client("iam").create_role(RoleName="batch", AssumeRolePolicyDocument=trust)["Role"]
    made = boto3.client("batch").create_compute_environment(**camel(given), serviceRole=role["Arn"])
    return Made(made["computeEnvironmentArn"])


def _job_queue(given: dict[str, Any]) -> Made:
    return Made(boto3.client("batch").create_job_queue(**camel(given))["jobQueueArn"])


def _job(given: dict[str, Any]) -> Made:
    return Made(boto3.client("batch").register_job_definition(**camel(given))["jobDefinitionArn"])


def _log_group(given: dict[str, Any]) -> Made:
    logs, name = boto3.client("logs"), given["LogGroupName"]
    logs.create_log_group(logGroupName=name)
    logs.put_retention_policy(logGroupName=name, retentionInDays=given["RetentionInDays"])
    arn = f"arn:aws:logs:{logs.meta.region_name}:123456789012:log-group:{name}:*"
    return Made(name, {"Arn": arn})


def _bucket(given: dict[str, Any]) -> Made:
    s3, name = boto3.client("s3"), given["BucketName"]
    where = {"LocationConstraint": s3.meta.region_name}
    is_locked = given.get("ObjectLockEnabled", False)
    s3.create_bucket(
        Bucket=name, CreateBucketConfiguration=where, ObjectLockEnabledForBucket=is_locked
    )
    closed = given["PublicAccessBlockConfiguration"]
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=closed)
    sse = {
        "Rules": [
            {"ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"]}
            for rule in given["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        ]
    }
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=sse)
    if versioning := given.get("VersioningConfiguration"):
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=versioning)
    if lock := given.get("ObjectLockConfiguration"):
        s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=lock)
    return Made(name, {"Arn": f"arn:aws:s3:::{name}"})


def _bucket_policy(given: dict[str, Any]) -> Made:
    policy = json.dumps(given["PolicyDocument"])
    boto3.client("s3").put_bucket_policy(Bucket=given["Bucket"], Policy=policy)
    return Made("")


def _alarm(given: dict[str, Any]) -> Made:
    boto3.client("cloudwatch").put_metric_alarm(**given)
    return Made(given["AlarmName"])


_MAKERS: dict[str, Callable[[dict[str, Any]], Made]] = {
    "AWS::SQS::Queue": _queue,
    "AWS::SQS::QueuePolicy": _queue_policy,
    "AWS::IAM::Role": _role,
    "AWS::IAM::InstanceProfile": _profile,
    "AWS::IAM::ManagedPolicy": _managed_policy,
    "AWS::Pipes::Pipe": _pipe,
    "AWS::StepFunctions::StateMachine": _state_machine,
    "AWS::EC2::SecurityGroup": _security_group,
    "AWS::EC2::LaunchTemplate": _launch_template,
    "AWS::Batch::ComputeEnvironment": _compute_environment,
    "AWS::Batch::JobQueue": _job_queue,
    "AWS::Batch::JobDefinition": _job,
    "AWS::Logs::LogGroup": _log_group,
    "AWS::S3::Bucket": _bucket,
    "AWS::S3::BucketPolicy": _bucket_policy,
    "AWS::CloudWatch::Alarm": _alarm,
}
