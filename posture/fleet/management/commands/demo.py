"""``manage.py demo``: an imaginary fleet with a history, through the real services; ``--remove`` takes it away."""

import os
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from agents.simulator.fleet import Plan, plan_fleet
from posture.fleet.demo.founding import found_groups, is_there, make_room, months_between
from posture.fleet.demo.life import live_fleet
from posture.fleet.demo.progress import Progress
from posture.fleet.demo.removal import remove_demo
from posture.fleet.demo.settling import settle
from posture.fleet.services.audit import COMMAND_LINE, record_action

MOST_WORKERS = 4


class Command(BaseCommand):
    help = "Adds an imaginary fleet with a history, clearly marked as demo; --remove takes it away again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=number_within(0, 2**31), default=1, help="equal seeds give equal fleets")
        parser.add_argument("--hosts", type=number_within(1, 2000), default=200)
        parser.add_argument("--days", type=number_within(1, 365), default=90)
        parser.add_argument("--workers", type=number_within(1, 32), default=min(os.cpu_count() or 1, MOST_WORKERS))
        parser.add_argument("--remove", action="store_true", help="take the imaginary fleet away")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["remove"]:
            self.stdout.write(f"{remove_demo()} demo hosts were removed.")
        elif is_there():
            self.stdout.write("The demo fleet is here already; `manage.py demo --remove` takes it away.")
        else:
            end = timezone.now()
            plans = plan_fleet(seed=options["seed"], hosts=options["hosts"], days=options["days"], end=end)
            self.build(plans, end, options["workers"])

    def build(self, plans: list[Plan], end: datetime, workers: int) -> None:
        """Found the groups, then let every host live."""
        begun = time.monotonic()
        make_room(months=months_between(min(plan.joins_at for plan in plans), end))
        keys = found_groups(sizes=Counter(plan.group for plan in plans))
        progress = Progress(total=len(plans), stream=sys.stderr, words="Demo fleet")
        snapshots = 0
        for count in live_fleet(plans=plans, keys=keys, end=end, workers=workers):
            snapshots += count
            progress.step()
        settle(end=end)
        record_action(actor=COMMAND_LINE, action="demo.created", details={"hosts": len(plans), "snapshots": snapshots})
        seconds = time.monotonic() - begun
        self.stdout.write(f"{len(plans)} demo hosts, {snapshots} snapshots, {seconds:.0f} s.")


def number_within(least: int, most: int) -> Callable[[str], int]:
    """Reads a number between two bounds."""

    def read(text: str) -> int:
        if not text.isdigit() or not least <= int(text) <= most:
            raise ArgumentTypeError(f"{text} is no number from {least} to {most}")
        return int(text)

    return read
