"""What a machine's agent sends, in order: a check-in while nothing changed, else a snapshot."""

from __future__ import annotations

import hashlib
import json
import random
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from agents.posture_agent.chain import first_link, next_link

from .fleet import Plan

NAMESPACE = uuid.UUID("6f1d9a52-3b0e-4c55-9d7e-2a4f8e5b9c10")
INTERVAL = 28_800  # seconds between two collections of an imaginary agent
PYTHON = "3.11.2"
VERSION = "0.1.0"


def canonical(value: Any) -> bytes:
    """Canonical JSON, as docs/protocol.md defines it."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Message:
    """One message with the time at which it is sent; ``body`` has the shape of docs/protocol.md."""

    def __init__(self, kind: str, at: datetime, body: dict[str, Any]) -> None:
        self.kind = kind  # "snapshot" or "check-in"
        self.at = at
        self.body = body


class History:
    """The life of one machine, told once: ``messages`` changes the machine as it goes."""

    def __init__(self, plan: Plan, end: datetime) -> None:
        self.plan = plan
        self.end = end
        self.chance = random.Random(plan.seed + "/history")  # noqa: S311 - a story, not a secret
        self.installation = str(uuid.uuid5(NAMESPACE, plan.seed + "/installation"))
        self.sequence = 0
        self.digest: str | None = None
        self.link = first_link(self.installation)

    def agent(self) -> dict[str, Any]:
        return {"Version": VERSION, "Python": PYTHON, "Interval": INTERVAL}

    def enrolment(self, key: str) -> dict[str, Any]:
        """The message that lets the installation in."""
        facts = self.plan.machine.host_facts()
        return {
            "protocol": 1,
            "key": key,
            "installation": self.installation,
            "hostname": facts["Hostname"],
            "machine_id": facts["MachineId"],
            "agent": self.agent(),
        }

    def messages(self) -> Iterator[Message]:
        """Every message up to the end of the story."""
        acts = list(self.plan.acts)
        facts: dict[str, Any] = {}
        digest = ""
        for at in self.collections():
            changed = not digest
            while acts and acts[0][0] <= at:
                when, act = acts.pop(0)
                act(self.plan.machine, when)
                changed = True
            if changed:
                facts = self.plan.machine.facts()
                digest = "sha256:" + hashlib.sha256(canonical(facts)).hexdigest()
            yield self.message(at, digest, facts)

    def collections(self) -> Iterator[datetime]:
        """When the agent collects: at its interval with some jitter, not while the machine is out of reach."""
        at = self.plan.joins_at + timedelta(seconds=5)
        until = min(self.end, self.plan.silent_from or self.end)
        while at < until:
            if not any(start <= at < end for start, end in self.plan.absences):
                yield at
            at += timedelta(seconds=INTERVAL * self.chance.uniform(0.97, 1.03))

    def message(self, at: datetime, digest: str, facts: dict[str, Any]) -> Message:
        self.sequence += 1
        changed = digest != self.digest
        boot, observed_at = self.boot(), moment(at)
        self.link = next_link(self.link, self.sequence, digest, boot, observed_at)
        body: dict[str, Any] = {
            "protocol": 1,
            "installation": self.installation,
            "message": self.sequence * 10_000 + 1,
            "sequence": self.sequence,
            "previous_digest": self.digest,
            "digest": digest,
            "link": self.link,
            "age": 1.0,
            "boot_id": boot,
            "monotonic": round((at - self.plan.joins_at).total_seconds() + 60.0, 3),
            "observed_at": observed_at,
            "sent_at": moment(at + timedelta(seconds=1)),
            "agent": self.agent(),
            "measurements": self.measurements(),
        }
        self.digest = digest
        if not changed:
            return Message("check-in", at, body)
        body["id"] = str(uuid.uuid5(NAMESPACE, "%s/snapshot/%d" % (self.plan.seed, self.sequence)))
        body["duration"] = round(self.chance.uniform(0.05, 0.6), 3)
        body["facts"] = facts
        body["volatile"] = {"Engines": {"docker": {"Containers": self.plan.machine.container_ids()}}}
        return Message("snapshot", at, body)

    def boot(self) -> str:
        return str(uuid.uuid5(NAMESPACE, "%s/boot/%d" % (self.plan.seed, self.plan.machine.boots)))

    def measurements(self) -> dict[str, Any]:
        memory = self.plan.machine.model.memory
        return {
            "MemAvailable": int(memory * self.chance.uniform(0.25, 0.6)),
            "DataRootFree": int(memory * self.chance.uniform(2.0, 3.0)),
            "DataRootSize": memory * 4,
            "LoadAverage": round(self.chance.uniform(0.05, 2.5), 2),
        }
