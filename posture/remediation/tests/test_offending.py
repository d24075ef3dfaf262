"""A fix names what was found and nothing else, and hostile values stay the words that they are."""

import json
import re
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posture.evaluation.catalogue import load
from posture.evaluation.rule import ParameterValue, Via
from posture.facts.normalise import normalise
from posture.facts.resource import ENGINE_GROUPS, Resource
from posture.facts.tests.builders import snapshot
from posture.facts.values import Reason, Unseen, Value
from posture.facts.vocabulary import Kind
from posture.remediation.offending import LISTS
from posture.remediation.plan import fix
from posture.remediation.tests.samples import CANARY, CONTEXT, of_kind, resource, wire

RULES = load().rules
GROUPS = {ENGINE_GROUPS: json.dumps({"docker": ["alice", "eve"], "podman": ["eve"]})}


def text(
    rule: str, facts: Mapping[str, Value], via: Via, parameters: Mapping[str, ParameterValue] | None = None
) -> str | None:
    """The step of a failing resource that has these facts alone."""
    one = replace(of_kind(RULES[rule].subject, "it"), facts=facts, labels=GROUPS)
    steps = fix(RULES[rule], one, CONTEXT, (), parameters).steps
    return next((step.text for step in steps if step.via is via), None)


@pytest.mark.parametrize(
    ("rule", "facts", "parameters", "via", "wanted"),
    [
        (
            "host-trusted-engine-users",
            {"EngineGroupMembers": ("alice", "eve")},
            {"allowed": ("alice",)},
            Via.HOST,
            "gpasswd --delete=eve -- docker\ngpasswd --delete=eve -- podman\nloginctl terminate-user -- eve\n",
        ),
        (
            "host-engine-account-alone",
            {"PrivilegedEngineAccounts": ("alice: wheel", "eve: sudo, sudoers")},
            {"accepted": ("eve: sudo, sudoers",)},
            Via.HOST,
            "useradd --create-home container-ops\ngpasswd --add=container-ops -- docker\n"
            "gpasswd --delete=alice -- docker\n",
        ),
        (
            "host-default-accounts",
            {"DefaultAccounts": ("alarm", "pi", "root")},
            {"accepted": ("pi",)},
            Via.HOST,
            "useradd --create-home --groups wheel yourname\npasswd yourname\n"
            "passwd --lock -- alarm\npasswd --lock -- root\n",
        ),
        (
            "host-declared-services",
            {"ListeningPorts": ("111/tcp", "111/udp", "22/tcp")},
            {"declared": ("22/tcp",)},
            Via.HOST,
            "ss --listening --tcp --udp --numeric --processes sport = :111\n"
            "systemctl disable --now UNIT.socket UNIT.service\n",
        ),
        (
            "daemon-insecure-registries",
            {"InsecureRegistries": ("10.0.0.0/8", "hub:5000", "..")},
            {},
            Via.HOST,
            "install -D --mode=0644 registry-ca.crt /etc/docker/certs.d/hub:5000/ca.crt\n"
            "docker pull -- hub:5000/image:1.0\n",
        ),
        (
            "daemon-shared-volumes",
            {"VolumesWrittenByMany": ("logs: a, b", "queue: a, b")},
            {"allowed": ("queue: a, b",)},
            Via.LIVE,
            "docker ps --all --filter=volume=logs\n",
        ),
        (
            "image-no-setuid",
            {"SetuidFiles": ("/bin/my su 4755", "/usr/bin/passwd 4755")},
            {"allowed": ("/usr/bin/passwd 4755",)},
            Via.DOCKERFILE,
            'RUN ["chmod", "a-s", "--", "/bin/my su"]\n',
        ),
        (
            "image-no-world-writable",
            {"WorldWritable": ("/srv/a", "/srv/b", "/srv/c")},
            {"allowed": ("/srv/b",)},
            Via.DOCKERFILE,
            'RUN ["chmod", "o-w", "--", "/srv/a", "/srv/c"]\n',
        ),
        (
            "swarm-secrets",
            {
                "SecretsInServices": (
                    "api: jwt at ContainerSpec.Args.1",
                    "web: password-assignment at ContainerSpec.Env.DB_PASSWORD",
                    "web: secret-variable at ContainerSpec.Env.DB_PASSWORD",
                )
            },
            {},
            Via.SWARM,
            "openssl rand -base64 24 | docker secret create -- web_db_password -\n"
            "docker service update --env-rm=DB_PASSWORD --secret-add=web_db_password"
            " --env-add=DB_PASSWORD_FILE=/run/secrets/web_db_password -- web\n",
        ),
    ],
)
def test_exactly_what_was_found_is_named(
    rule: str, facts: Mapping[str, Value], parameters: Mapping[str, ParameterValue], via: Via, wanted: str
) -> None:
    assert text(rule, facts, via, parameters) == wanted
    for name, value in facts.items():  # all of it allowed: nothing is left to fix
        listed = tuple(item for item in value if isinstance(item, str)) if isinstance(value, tuple) else ()
        for parameter in parameters:
            assert text(rule, {name: value}, via, {parameter: listed}) is None
        assert text(rule, {name: Unseen(Reason.NOT_PERMITTED)}, via, parameters) is None
        assert text(rule, {name: ()}, via, parameters) is None
    if parameters:
        assert text(rule, facts, via, {}) is None  # what is allowed is not known


@pytest.mark.parametrize("rule", ["image-no-sudo", "image-no-ssh-server"])
def test_programs_are_removed_by_their_paths(rule: str) -> None:
    fact = "SudoPrograms" if rule == "image-no-sudo" else "SshServers"
    found = text(rule, {fact: ("/usr/bin/x",), "Programs": ("/usr/bin/nc",)}, Via.DOCKERFILE)
    assert found is not None
    assert found.startswith('RUN ["rm", "-f", "--", "/usr/bin/x"]\n')


def test_the_data_directory_is_the_engines_own() -> None:
    found = text("daemon-data-root-partition", {"DataRoot": "/mnt/my data"}, Via.HOST)
    assert found is not None
    assert "cp --archive -- '/mnt/my data'/. /mnt/" in found
    assert "/var/lib/docker" not in found
    assert text("daemon-data-root-partition", {"DataRoot": "data"}, Via.HOST) is None


@pytest.mark.parametrize(("ingress", "wanted"), [(True, {Via.LIVE}), (False, {Via.SWARM, Via.COMPOSE}), (None, set())])
def test_a_swarms_own_network_is_made_anew_in_its_own_way(ingress: bool | None, wanted: set[Via]) -> None:
    one = replace(of_kind(Kind.NETWORK, "front"), facts={"Ingress": ingress})
    assert {step.via for step in fix(RULES["network-overlay-encrypted"], one, CONTEXT).steps} == wanted


def options(rule: str, one: Resource, parameters: Mapping[str, ParameterValue]) -> list[str]:
    run = next(step.text for step in fix(RULES[rule], one, CONTEXT, (), parameters).steps if step.via is Via.RUN)
    return re.findall(r"--(?:device|mount|volume) (\S+)", run)


def test_declared_devices_stay() -> None:
    both = [{"PathOnHost": path, "PathInContainer": path, "CgroupPermissions": "rw"} for path in ("/dev/a", "/dev/b")]
    wide = {"PathOnHost": "/dev/c", "PathInContainer": "/dev/c", "CgroupPermissions": "rwm"}
    one = resource(wire(HostConfig={"Devices": [*both, wide]}), HostDevices=("/dev/a:rw", "/dev/b:rw", "/dev/c:rwm"))
    names = ("/dev/a:rw", "/dev/c:rwm")
    assert options("container-devices", one, {"allowed_devices": names})[:2] == [
        "/dev/a:/dev/a:rw",
        "/dev/c:/dev/c:rwm",
    ]
    assert options("container-device-permissions", one, {"declared": names})[0] == "/dev/a:/dev/a:rw"
    assert "/dev/c:/dev/c:rwm" not in options("container-device-permissions", one, {"declared": names})


def test_the_host_resource_knows_its_groups() -> None:
    sent = snapshot([], [])
    host = next(one for one in normalise(sent).resources if one.kind is Kind.HOST)
    groups = [] if not isinstance(sent.facts.Host.Groups, list) else sent.facts.Host.Groups
    assert json.loads(host.labels[ENGINE_GROUPS]) == {group.Name: group.Members for group in groups}


def test_no_value_of_a_list_can_be_an_option() -> None:
    lists = set(LISTS) | {"group_members", "groups", "services", "variables", "secrets"}
    for rule in RULES.values():
        for step in rule.fix.steps:
            for line in step.text.split("\n"):
                for found in re.finditer(r"(?<![{$])\{([a-z_]+)\}(?!\})", line):
                    if found[1] in lists:
                        before = line[: found.start()]
                        assert not before.endswith(" ") or re.search(r'[ "]--[ "]', before), line


HOSTILE = st.text(min_size=1, max_size=40).map(lambda value: value.replace("\0", ""))
SPICED = st.builds(
    lambda start, middle, end: start + middle + end,
    st.sampled_from(["-", "--", "'", '"', "$(:>canary)", "`:>canary`", "\n", "; :>canary #", "\\", ""]),
    HOSTILE,
    st.sampled_from(["'", '"', "\n:>canary", "\\", "|:>canary", ""]),
).filter(bool)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=SPICED)
def test_hostile_names_stay_single_words(name: str, tmp_path: Path) -> None:
    """The shell itself says what the words are: every program is one that writes its words down."""
    one = replace(
        of_kind(Kind.HOST, "it"),
        facts={"EngineGroupMembers": (name, "bob")},
        labels={ENGINE_GROUPS: json.dumps({name: [name]})},
    )
    script = fix(RULES["host-trusted-engine-users"], one, CONTEXT).steps[0].text
    said = tmp_path / "said"
    said.write_bytes(b"")
    spies = "\n".join(
        f"{program}() {{ printf '%s\\0' {program} \"$@\" >> said; }}" for program in ("gpasswd", "loginctl")
    )
    done = subprocess.run(
        ["bash", "-c", f"{spies}\n{script}"], cwd=tmp_path, capture_output=True, check=False, env={"LC_ALL": "C.UTF-8"}
    )
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / CANARY).exists()
    words = said.read_bytes().split(b"\0")[:-1]
    raw = name.encode("utf-8", "surrogatepass")
    wanted = [b"gpasswd", b"--delete=" + raw, b"--", raw]
    wanted += [b"loginctl", b"terminate-user", b"--", raw, b"loginctl", b"terminate-user", b"--", b"bob"]
    assert words == wanted


@given(path=SPICED)
def test_hostile_paths_stay_single_texts_of_a_dockerfile(path: str) -> None:
    found = text("image-no-world-writable", {"WorldWritable": (f"/{path}", "/b")}, Via.DOCKERFILE)
    assert found is not None
    assert found.count("\n") == 1
    assert json.loads(found.removeprefix("RUN ")) == ["chmod", "o-w", "--", f"/{path}", "/b"]


@given(entry=SPICED)
def test_hostile_services_break_no_command(entry: str) -> None:
    facts = {"SecretsInServices": (f"{entry}: jwt at ContainerSpec.Env.{entry}",)}
    script = text("swarm-secrets", facts, Via.SWARM)
    if script is not None and "$'" not in script:  # what bash alone quotes, shlex does not read
        assert shlex.split(script.split("\n", 1)[1])[-1:] == [entry]
