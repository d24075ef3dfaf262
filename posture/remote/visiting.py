"""A visit that collects: go there, read everything once, store it. Leaves nothing on the machine."""

import zlib
from collections.abc import Callable

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from msgspec import Raw

from posture.fleet.models import Engine, Installation, Reach, Source
from posture.fleet.services.choices import chain
from posture.fleet.services.schedules import in_force
from posture.remote.by_shell import visit_with_shell
from posture.remote.by_tls import visit_over_tls
from posture.remote.connection import connect
from posture.remote.delivering import Stored, installation_of, make_key, read_answer, store_answer
from posture.remote.problems import RemoteTrouble
from posture.remote.same_machine import demand_own_machine
from posture.remote.shipping import Wishes, visit_with_python

Step = Callable[[str], None]
MEMORY_SECONDS = 30 * 86400
LARGEST_MEMORY = 4 * 1024 * 1024  # bytes, packed


def collect_from(reach: Reach, *, step: Step) -> Stored:
    """Visit a machine and store what it shows; ``step`` is told how far it came. Raises RemoteTrouble."""
    reach = Reach.objects.select_related("key", "host", "group").get(pk=reach.pk)
    if reach.host is None:
        return collect_first(reach, step)
    installation, key = installation_of(reach)
    observed_at = timezone.now()
    answer = read_answer(visit(reach, wishes_for(installation, key), step))
    demand_own_machine(reach, installation.host, answer)
    remember(installation, answer.contents)
    step("store")
    return store_answer(installation, answer, observed_at=observed_at, now=timezone.now())


def collect_first(reach: Reach, step: Step) -> Stored:
    """The same where no host is known yet: it is made with its first facts, so that a machine that never answered is
    no host. Raises RemoteTrouble."""
    key, observed_at = make_key(), timezone.now()
    answer = read_answer(visit(reach, first_wishes(reach, key), step))
    demand_own_machine(reach, None, answer)
    step("store")
    with transaction.atomic():
        installation, kept = installation_of(reach, key)
        if kept != key:  # meanwhile it became a host by another way
            raise RemoteTrouble("other_source", installation.host.get_source_display())
        stored = store_answer(installation, answer, observed_at=observed_at, now=timezone.now())
    remember(installation, answer.contents)
    return stored


def visit(reach: Reach, wishes: Wishes, step: Step) -> bytes:
    """Go there and read everything once."""
    if reach.method == Source.TLS:
        step("collect")
        return visit_over_tls(reach, wishes)
    step("connect")
    with connect(reach) as connection:
        step("collect")
        try:
            return visit_with_python(connection, wishes)
        except RemoteTrouble as trouble:
            if trouble.problem not in {"no_python", "old_python"}:
                raise
        step("collect_without_python")
        return visit_with_shell(connection, wishes)


def first_wishes(reach: Reach, key: bytes) -> Wishes:
    """What the first visit to a machine needs to know."""
    return Wishes(key=key, interval=in_force(line=chain(group=reach.group)).interval, engines=[], contents=b"")


def wishes_for(installation: Installation, key: bytes) -> Wishes:
    """What this visit needs to know of those before. Only engines that answered once: where none is found the usual
    socket stands for it, which must not be looked for when there is another one."""
    answered = Engine.objects.filter(host=installation.host_id).exclude(version="")
    engines = answered.order_by("key").values_list("endpoint", flat=True)
    return Wishes(
        key=key,
        interval=installation.host.interval,
        engines=[endpoint for endpoint in engines if endpoint.startswith("unix://")],
        contents=cache.get(memory_of(installation)) or b"",
    )


def remember(installation: Installation, contents: Raw) -> None:
    """Keep what was found in images until the next visit: they never change. Lost, they are walked anew."""
    packed = zlib.compress(bytes(contents), 6)
    if len(packed) <= LARGEST_MEMORY:
        cache.set(memory_of(installation), packed, MEMORY_SECONDS)


def memory_of(installation: Installation) -> str:
    """Name of what is remembered of a host's images."""
    return f"remote-contents:{installation.pk}"
