"""The template, the state machine and the Dockerfile: what can be shown without AWS."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests_support.batch_jobs import entrypoint
from tests_support.cloudformation import INFRA, TEMPLATE, read_template

from postroom.aws.lease import AT_WORK_S, WAITING_S
from postroom.aws.names import BUCKETS, JOBS, Names
from postroom.aws.room import WITH_SCRATCH
from postroom.tasks.names import ORDER

ASL = INFRA / "pst_ingest_v2.asl.json"
# What no action of ours may be aimed at everything with, unless the service knows no resources.
WITHOUT_RESOURCES = {
    "batch:DescribeJobs",
    "batch:DescribeJobQueues",
    "batch:DescribeComputeEnvironments",
    "batch:DescribeJobDefinitions",
    "batch:ListJobs",
    "cloudwatch:DescribeAlarms",
    "ecr:GetAuthorizationToken",
    "sts:GetCallerIdentity",
}


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return read_template()


@pytest.fixture(scope="module")
def states() -> dict[str, Any]:
    return dict(json.loads(ASL.read_text())["States"])


def of_type(template: dict[str, Any], kind: str) -> dict[str, Any]:
    """The properties of every resource of a type, by logical name."""
    found = template["Resources"].items()
    return {name: one["Properties"] for name, one in found if one["Type"] == kind}


def statements(template: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every statement that allows something, with the resource that it is in."""
    found = []
    for name, role in of_type(template, "AWS::IAM::Role").items():
        documents = [policy["PolicyDocument"] for policy in role.get("Policies", ())]
        found += [(name, one) for document in documents for one in document["Statement"]]
    for name, policy in of_type(template, "AWS::IAM::ManagedPolicy").items():
        found += [(name, one) for one in policy["PolicyDocument"]["Statement"]]
    return found


def test_cfn_lint_finds_nothing() -> None:
    """The template is one that CloudFormation can read, property by property."""
    done = subprocess.run(
        ["cfn-lint", "--non-zero-exit-code", "informational", str(TEMPLATE)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_statelint_finds_nothing() -> None:
    """The state machine is one that Step Functions can read."""
    done = subprocess.run(["statelint", str(ASL)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_there_is_no_lambda() -> None:
    """From the queue to the archive no function of Lambda is between (seed 002)."""
    assert "lambda" not in ASL.read_text().lower()
    kinds = {one["Type"] for one in read_template()["Resources"].values()}
    assert not [kind for kind in kinds if "Lambda" in kind or "Serverless" in kind]
    assert "lambda:" not in TEMPLATE.read_text().lower()


def test_the_compute_environment_is_ec2_and_its_minimum_is_zero(template: dict[str, Any]) -> None:
    """Seed 000: capacity scales down to nothing; no parameter can make it cost money when idle."""
    (one,) = of_type(template, "AWS::Batch::ComputeEnvironment").values()
    assert (one["ComputeResources"]["Type"], one["ComputeResources"]["MinvCpus"]) == ("EC2", 0)
    assert "DesiredvCpus" not in one["ComputeResources"]
    queues = of_type(template, "AWS::Batch::JobQueue").values()
    assert all(len(queue["ComputeEnvironmentOrder"]) == 1 for queue in queues)


def test_names_are_those_of_the_seed_with_the_stack_before_them(template: dict[str, Any]) -> None:
    """What the programs look for is what the template makes."""
    names, stack = Names("${AWS::StackName}"), "${AWS::StackName}"
    said = json.dumps(template["Resources"])
    ours = [names.queue, names.dead_letters, names.pipe, names.state_machine, names.compute]
    ours += [names.job(task) for task in JOBS] + list(names.alarms())
    ours += [names.bucket(kind, "${AWS::AccountId}", "${AWS::Region}") for kind in BUCKETS]
    assert [name for name in ours if f'"{name}"' not in said] == []
    assert names.queue == f"{stack}-pst_ingest"
    assert names.state_machine == f"{stack}-pst_ingest_v2"
    assert {"pst-extractor", "pst-loader"} < set(JOBS.values())


def test_dead_letters_of_the_queue_are_redriven(template: dict[str, Any]) -> None:
    """What nobody could take five times lands in the dead-letter queue (seed 002)."""
    queue = of_type(template, "AWS::SQS::Queue")["IngestQueue"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 5
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {
        "Fn::GetAtt": ["DeadLetterQueue", "Arn"]
    }


def test_the_state_machine_claims_first_and_then_runs_every_task(states: dict[str, Any]) -> None:
    """Its order is that of seed 002 and of the engine v2."""
    path, name = [], "Message"
    while name != "Done":
        path.append(name)
        name = states[name]["Next"]
    tasks = ["extract", "load", "text", "thread", "dedupe", "index"]
    assert path == ["Message", "Claim", *(task.capitalize() for task in tasks)]
    assert list(ORDER["v2"]) == tasks[: len(ORDER["v2"])]


def test_every_task_backs_off_exponentially_and_is_caught(states: dict[str, Any]) -> None:
    """Seed 002: retries with exponential backoff, terminal failures to the dead letters."""
    tasks = {name: one for name, one in states.items() if one["Type"] == "Task"}
    assert set(tasks) >= {"Claim", "MarkFailed", "DeadLetter"}
    for name, one in tasks.items():
        backoff = one["Retry"][-1]
        assert backoff["BackoffRate"] == 2.0, name
        assert backoff["MaxAttempts"] >= 3, name
        if name != "DeadLetter":  # the last way out: an execution that fails rings an alarm
            assert one["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name


def test_a_claim_lasts_as_long_as_the_state_machine_waits_for_a_job(
    states: dict[str, Any],
) -> None:
    """Between two jobs nobody else takes the ingest, however long Batch has no room."""
    waits = {one["TimeoutSeconds"] for one in states.values() if "submitJob" in str(one)}
    assert waits == {WAITING_S}
    assert AT_WORK_S < WAITING_S


def test_each_job_is_a_task_of_the_program_in_an_image_that_the_dockerfile_makes(
    template: dict[str, Any],
) -> None:
    """One Dockerfile, three entry points; no definition names a task or an image that is not."""
    jobs = of_type(template, "AWS::Batch::JobDefinition")
    commands = [one["ContainerProperties"]["Command"] for one in jobs.values()]
    assert [command[0] for command in commands] == list(JOBS)
    images = {one["ContainerProperties"]["Image"]["Fn::Sub"] for one in jobs.values()}
    stages = {image.rpartition(":")[2].partition("-")[0] for image in images}
    assert stages == {"extractor", "loader", "postprocess"}
    assert all(entrypoint(image) == ["postroom", "aws", "job"] for image in images)


def test_jobs_that_need_room_work_on_the_instance_store(template: dict[str, Any]) -> None:
    """`/scratch` of the host, which the launch template mounts, is `/scratch` of the job."""
    for one in of_type(template, "AWS::Batch::JobDefinition").values():
        container = one["ContainerProperties"]
        is_mounted = "MountPoints" in container
        assert is_mounted == (container["Command"][0] in WITH_SCRATCH)
        if is_mounted:
            assert container["Volumes"][0]["Host"]["SourcePath"] == "/scratch"
            assert {"Name": "POSTROOM_SCRATCH", "Value": "/scratch"} in container["Environment"]


def test_buckets_are_closed_encrypted_and_speak_tls_only(template: dict[str, Any]) -> None:
    """No bucket of mail can be opened to the public by mistake."""
    buckets = of_type(template, "AWS::S3::Bucket")
    assert set(buckets) == {f"{kind.capitalize()}Bucket" for kind in BUCKETS}
    for name, one in buckets.items():
        assert set(one["PublicAccessBlockConfiguration"].values()) == {True}, name
        assert one["BucketEncryption"]["ServerSideEncryptionConfiguration"], name
        policy = template["Resources"][f"{name}Policy"]["Properties"]["PolicyDocument"]
        (deny,) = policy["Statement"]
        assert (deny["Effect"], deny["Action"]) == ("Deny", "s3:*")
        assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert buckets["EvidenceBucket"]["ObjectLockConfiguration"]["ObjectLockEnabled"] == "Enabled"


def test_no_role_may_do_everything_or_reach_everything(template: dict[str, Any]) -> None:
    """Each role names its actions, and its resources wherever the service knows any."""
    found = statements(template)
    assert len(found) > 20
    for name, one in found:
        actions = one["Action"] if isinstance(one["Action"], list) else [one["Action"]]
        assert not [action for action in actions if "*" in action], name
        if one["Resource"] == "*":
            assert set(actions) <= WITHOUT_RESOURCES, (name, actions)


def test_each_job_has_a_role_of_its_own_and_only_two_touch_originals(
    template: dict[str, Any],
) -> None:
    """The loader cannot read an upload; nobody but the service may write one."""
    jobs = of_type(template, "AWS::Batch::JobDefinition").values()
    roles = [one["ContainerProperties"]["JobRoleArn"]["Fn::GetAtt"][0] for one in jobs]
    assert len(set(roles)) == len(roles) == len(JOBS)
    near = {name for name, one in statements(template) if "UploadsBucket.Arn}/" in str(one)}
    assert near == {"ExtractRole", "ServicePolicy"}
    writing = {
        name
        for name, one in statements(template)
        if "UploadsBucket.Arn}/" in str(one) and "s3:PutObject" in one["Action"]
    }
    assert writing == {"ServicePolicy"}
    assert "s3:BypassGovernanceRetention" not in TEMPLATE.read_text()


def user_data(template: dict[str, Any]) -> str:
    """The shell script in the launch template's user data."""
    (one,) = of_type(template, "AWS::EC2::LaunchTemplate").values()
    text = one["LaunchTemplateData"]["UserData"]["Fn::Base64"]
    assert text.startswith("MIME-Version: 1.0\n")
    begin, end = text.index("#!/bin/bash"), text.rindex("--==SCRATCH==--")
    return str(text[begin:end])


@pytest.mark.parametrize("devices", [0, 1, 3])
def test_instance_store_is_mounted_at_scratch_and_several_as_one(
    devices: int, template: dict[str, Any], tmp_path: Path
) -> None:
    """No device: a folder; one: as it is; several: RAID 0. Programs of the system are recorded."""
    scratch, said = tmp_path / "scratch", tmp_path / "said"
    listed = "\n".join(
        ["/dev/nvme0n1 Amazon Elastic Block Store"]
        + [f"/dev/nvme{n}n1 Amazon EC2 NVMe Instance Storage" for n in range(1, devices + 1)]
    )
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("mdadm", "mkfs.xfs", "mount", "dnf"):
        (programs / name).write_text(f'#!/bin/bash\necho "{name} $*" >> {said}\n')
    (programs / "lsblk").write_text(f"#!/bin/bash\ncat <<'END'\n{listed}\nEND\n")
    (programs / "mountpoint").write_text("#!/bin/bash\nexit 1\n")
    for program in programs.iterdir():
        program.chmod(0o755)
    script = user_data(template).replace("scratch=/scratch", f"scratch={scratch}")
    environment = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(["bash", "-c", script], env=environment, check=True)
    lines = said.read_text().splitlines() if said.exists() else []
    device = "/dev/md0" if devices > 1 else "/dev/nvme1n1"
    wanted = [f"mkfs.xfs -q -f {device}", f"mount -o noatime,nodev,nosuid {device} {scratch}"]
    raid = "mdadm --create /dev/md0 --run --level=0 --raid-devices=3 /dev/nvme1n1 /dev/nvme2n1"
    assert lines == ([f"{raid} /dev/nvme3n1"] if devices > 1 else []) + (wanted if devices else [])
    assert scratch.stat().st_mode & 0o7777 == 0o1777
