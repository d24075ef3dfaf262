"""The plan of the fleet: which machines there are, and what happens on each of them when."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from . import story
from .engine import Daemon
from .machine import Machine
from .machines import MODELS
from .services import STACKS
from .story import Act

DAY = timedelta(days=1)
UNREADABLE = (("btq", 3), ("cam", 2), ("par", 9), ("stg", 5))  # their agents lose the engine's socket near the end
OPEN = ["fd://", "tcp://0.0.0.0:2375"]  # how every fifth server was looked after before


@dataclass(frozen=True)
class Site:
    """One group of the fleet. ``share`` is its part of all hosts, ``stacks`` are drawn from, the first always runs."""

    group: str
    prefix: str
    domain: str
    share: int
    models: tuple[str, ...]
    stacks: tuple[str, ...]
    engines: tuple[str, ...]
    weekends_off: bool = False


SITES = (
    Site(
        "Production Paris",
        "par",
        "par.acme.example",
        22,
        ("r650", "dl360", "altra"),
        ("shop", "proxy", "monitoring"),
        ("24.0.9", "20.10.24"),
    ),
    Site(
        "Production Lyon",
        "lyo",
        "lyo.acme.example",
        16,
        ("dl360", "vm"),
        ("shop", "billing", "exporter"),
        ("20.10.24", "24.0.9"),
    ),
    Site(
        "Boutiques Sud",
        "btq",
        "boutiques.acme.example",
        24,
        ("pi4", "pi5", "pi3"),
        ("kiosk", "exporter"),
        ("24.0.9", "20.10.24"),
    ),
    Site("Edge cameras", "cam", "edge.acme.example", 12, ("pi5", "xu4", "altra"), ("vision", "exporter"), ("24.0.9",)),
    Site(
        "Staging",
        "stg",
        "staging.acme.example",
        10,
        ("vm", "nuc"),
        ("shop", "caretakers", "monitoring"),
        ("27.3.1", "24.0.9"),
    ),
    Site("CI runners", "ci", "ci.acme.example", 8, ("vm", "altra"), ("runner", "caretakers"), ("27.3.1",)),
    Site(
        "Atelier ODROID",
        "odroid",
        "atelier.acme.example",
        8,
        ("xu4", "c1", "xu4"),
        ("workshop", "caretakers"),
        ("20.10.24", "18.09.9"),
        weekends_off=True,
    ),
)


@dataclass
class Plan:
    """One machine with its acts in order, the times at which it is out of reach, and when it joins and falls silent."""

    seed: str
    group: str
    machine: Machine
    joins_at: datetime
    silent_from: datetime | None
    acts: list[tuple[datetime, Act]] = field(default_factory=list)
    absences: list[tuple[datetime, datetime]] = field(default_factory=list)


def plan_fleet(*, seed: int, hosts: int, days: int, end: datetime) -> list[Plan]:
    """The plans of ``hosts`` machines over ``days`` days up to ``end`` (aware)."""
    start = end - days * DAY
    total = sum(site.share for site in SITES)
    plans: list[Plan] = []
    before = 0
    for site in SITES:
        until = before + site.share
        count = hosts * until // total - hosts * before // total
        before = until
        plans += [plan_machine(site, number, count, seed, start, end) for number in range(1, count + 1)]
    return plans


def plan_machine(site: Site, number: int, count: int, seed: int, start: datetime, end: datetime) -> Plan:
    name = "%s-%02d.%s" % (site.prefix, number, site.domain)
    chance = random.Random("%d/%s" % (seed, name))  # noqa: S311 - a story, not a secret
    days = (end - start) // DAY
    late = chance.random() < 0.22 and (site.prefix, number) not in UNREADABLE
    joins_at = start + DAY * chance.uniform(5, days * 0.8) if late and days > 10 else start + DAY * chance.uniform(0, 1)
    model = MODELS[site.models[(number - 1) % len(site.models)]]
    stacks = [site.stacks[0]] + [stack for stack in site.stacks[1:] if chance.random() < 0.6]
    engine = "18.09.9" if model.kernel.startswith("3.") else chance.choice(site.engines)
    server = site.prefix in ("par", "lyo", "stg")
    machine = Machine(
        name=name,
        model=model,
        start=start,
        daemon=Daemon(engine, first_options(chance), list(OPEN) if server and number % 5 == 0 else ["fd://"]),
        services=[service for stack in stacks for service in STACKS[stack]()],
        rooted=chance.random() < 0.85,
        scanned=joins_at if server and number % 3 else None,
        members=["deploy"] + (["alarm"] if site.prefix == "odroid" else []),
    )
    machine.pull(joins_at)
    machine.left_over.clear()
    plan = Plan("%d/%s" % (seed, name), site.group, machine, joins_at, None)
    Author(plan, site, number, count, chance, start, end).write()
    return plan


def first_options(chance: random.Random) -> dict[str, object]:
    """What stands in daemon.json before anyone hardened it."""
    options: dict[str, object] = {}
    if chance.random() < 0.4:
        options["log-level"] = "debug"
    if chance.random() < 0.2:
        options["live-restore"] = True
    if chance.random() < 0.35:
        options["insecure-registries"] = ["registry.acme.example:5000"]
    return options


class Author:
    """Writes the acts of one machine. Days are numbered from the start of the story."""

    def __init__(
        self, plan: Plan, site: Site, number: int, count: int, chance: random.Random, start: datetime, end: datetime
    ) -> None:
        self.plan, self.site, self.chance = plan, site, chance
        self.number, self.count = number, count
        self.start, self.end = start, end
        self.days = (end - start) / DAY

    def write(self) -> None:
        self.routine()
        self.campaigns()
        self.incidents()
        self.absences()
        self.plan.acts = sorted(
            (act for act in self.plan.acts if self.plan.joins_at < act[0] < self.end), key=lambda act: act[0]
        )

    def at(self, day: float, hour: float = 9.0) -> datetime:
        """A working hour of a day, a little before or after."""
        midnight = (self.start + day * DAY).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + timedelta(hours=hour, minutes=self.chance.uniform(0, 180))

    def act(self, day: float, act: Act, hour: float = 9.0) -> None:
        self.plan.acts.append((self.at(day, hour), act))

    def part(self, share: float) -> float:
        """A day of the story by its share, so that shorter stories have the same shape."""
        return self.days * share

    def routine(self) -> None:
        """Pulls every few weeks, reboots, a prune now and then, one engine upgrade."""
        rhythm = 14.0 if self.site.prefix in ("par", "lyo", "stg", "ci") else 28.0
        day = self.chance.uniform(2, rhythm)
        while day < self.days:
            self.act(day, story.update_images, 4)
            if self.chance.random() < 0.25:
                self.act(day + 1, story.prune, 5)
            if self.chance.random() < 0.2:
                self.act(day, story.reboot, 3)
            day += rhythm * self.chance.uniform(0.8, 1.3)
        version = self.plan.machine.daemon.version
        if version != "18.09.9" and self.chance.random() < 0.6:
            newer = {"20.10.24": "24.0.9", "24.0.9": "27.3.1"}.get(version)
            if newer:
                self.act(self.part(self.chance.uniform(0.3, 0.9)), partial(story.upgrade, version=newer), 6)

    def campaigns(self) -> None:
        """Fixes that are rolled out site by site, and reach most machines."""
        first = {"par": 0.24, "lyo": 0.42, "btq": 0.55, "stg": 0.15, "cam": 0.7}.get(self.site.prefix)
        if first is None:
            return
        rollout = self.number / max(self.count, 1) * 0.08
        for delay, act, reach in (
            (-0.1, story.close_tcp, 1.0),
            (-0.05, story.lower_privilege, 0.9),
            (0.0, story.limit, 0.92),
            (0.14, story.confine, 0.8),
            (0.2, story.harden_daemon, 0.75),
            (0.26, story.withdraw_ports, 0.7),
            (0.3, story.seal, 0.6),
        ):
            if self.chance.random() < reach:
                self.act(self.part(first + delay + rollout), act)
        if self.site.prefix == "stg":
            self.act(self.part(0.78), story.remove_caretakers)

    def incidents(self) -> None:
        """What goes wrong, and when somebody sees to it."""
        prefix, number = self.site.prefix, self.number
        if prefix in ("par", "lyo", "btq", "stg"):
            first = self.part(0.82) + self.chance.uniform(0, 1)
            self.act(first, story.roll_out_telemetry, 14)
            self.act(first + self.chance.uniform(3, 6), story.take_telemetry_back, 9)
        if prefix in ("par", "lyo"):
            self.act(self.part(0.66), story.drop_limit, 15)
            self.act(self.part(0.66) + 3, story.restore_limit, 10)
        if prefix in ("par", "lyo", "stg") and number in (2, 7):
            day = self.part(0.36 if prefix == "par" else 0.5)
            self.act(day, story.start_privileged, 16)
            self.act(day + (1 if number == 2 else 6), story.stop_privileged, 10)
        if prefix in ("par", "ci") and number == 4:
            day = self.part(0.61)
            self.act(day, story.open_tcp, 11)
            self.act(day + 2, story.close_tcp, 14)
        if prefix in ("par", "cam") and number % 6 == 5:
            day = self.part(self.chance.uniform(0.1, 0.8))
            self.act(day, story.mount_socket, 14)
            self.act(day + self.chance.uniform(4, 20), story.remove_caretakers, 14)
        if self.chance.random() < 0.2:
            self.act(self.part(self.chance.uniform(0.1, 0.95)), story.forget_test, 17)
        if (prefix, number) in UNREADABLE:
            self.act(self.part(0.93), story.lose_access, 8)
        if not self.plan.machine.rooted and self.chance.random() < 0.4:
            self.act(self.part(self.chance.uniform(0.3, 0.7)), story.gain_root, 9)

    def absences(self) -> None:
        """Weekends of the workshop, an outage of the shops' line, and machines that are never heard of again."""
        if self.site.weekends_off:
            friday = self.start + DAY * ((4 - self.start.weekday()) % 7)
            while friday < self.end:
                evening = friday.replace(hour=18, minute=0, second=0, microsecond=0)
                if self.chance.random() < 0.85:
                    self.plan.absences.append((evening, evening + timedelta(hours=61)))
                friday += 7 * DAY
        if self.site.prefix == "btq" and self.number % 3:
            outage = self.start + DAY * self.part(0.45)
            self.plan.absences.append((outage, outage + timedelta(hours=38)))
        if self.chance.random() < 0.03 and self.days > 20:
            self.plan.silent_from = self.start + DAY * self.part(self.chance.uniform(0.5, 0.95))
