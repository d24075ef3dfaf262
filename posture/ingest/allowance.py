"""How much somebody may ask for: so many units a minute, counted in Valkey for all processes together.

The count is the one moment at which everything taken will be given back (the generic cell rate algorithm). A process
takes a handful at a time, so that mostly nobody is asked; what it was refused it remembers, and refuses by itself until
then.
"""

import logging
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from threading import Lock

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = logging.getLogger(__name__)
# Seconds to wait, "0" where the units were given. A clock that was set back must not shut anybody out for long: nobody
# can have taken more than all there is.
SCRIPT = """
local whole, cost = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local given_back = math.min(tonumber(redis.call('GET', KEYS[1]) or now), now + whole)
local later = math.max(given_back, now) + cost
if later - now > whole then return tostring(later - now - whole) end
redis.call('SET', KEYS[1], later, 'PX', math.ceil((later - now) * 1000))
return '0'
"""
PATIENCE = 0.25  # seconds for a word of Valkey's, and for reaching it
LEFT_ALONE = 5.0  # seconds for which it is not asked again after it failed
HANDFUL = 10  # units that a process takes at once, of many
SHARE = 20  # a handful is at most this part of all there is
MOST_PURSES = 20_000  # that a process keeps at hand


@dataclass(frozen=True, slots=True)
class Bounds:
    """``rate``: units given back a minute, 0 for no bound at all. ``burst``: units that may be taken at once."""

    rate: int
    burst: int


@dataclass(slots=True)
class Purse:
    """What a process has of somebody's units, and until when nothing more is given (its monotonic clock)."""

    left: int = 0
    shut_until: float = 0.0


class Allowance:
    """One kind of allowance. Where Valkey is away nobody is counted: reports matter more than their number."""

    def __init__(self, kind: str, bounds: Callable[[], Bounds]) -> None:
        self.kind = kind
        self.bounds = bounds
        self._purses: OrderedDict[str, Purse] = OrderedDict()
        self._lock = Lock()
        self._away_until = 0.0

    def wait(self, whose: str) -> float:
        """Seconds for which this process knows that nothing is given; asks nobody."""
        with self._lock:
            purse = self._purses.get(whose)
            return 0.0 if purse is None else max(0.0, purse.shut_until - time.monotonic())

    def take(self, whose: str, units: int = 1) -> float:
        """Take units; seconds to wait where they are not given, 0 where they are. At most one round trip."""
        bounds = self.bounds()
        if bounds.rate <= 0:
            return 0.0
        units = min(units, bounds.burst)
        if self._spend(whose, units):
            return 0.0
        wanted = max(units, min(HANDFUL, bounds.burst // SHARE))
        pause = self._ask(whose, wanted, bounds)
        self._keep(whose, wanted - units, pause)
        return pause

    def forget(self) -> None:
        """Forget what this process knows."""
        with self._lock:
            self._purses.clear()
            self._away_until = 0.0

    def _spend(self, whose: str, units: int) -> bool:
        with self._lock:
            purse = self._purses.get(whose)
            if purse is None or purse.left < units:
                return False
            purse.left -= units
            self._purses.move_to_end(whose)
            return True

    def _keep(self, whose: str, more: int, pause: float) -> None:
        with self._lock:
            purse = self._purses.setdefault(whose, Purse())
            if pause:
                purse.shut_until = time.monotonic() + pause
            else:
                purse.left += more
            self._purses.move_to_end(whose)
            while len(self._purses) > MOST_PURSES:
                self._purses.popitem(last=False)

    def _ask(self, whose: str, units: int, bounds: Bounds) -> float:
        if time.monotonic() < self._away_until:
            return 0.0
        second = 60 / bounds.rate
        try:
            said = script()(keys=[f"allowance:{self.kind}:{whose}"], args=[bounds.burst * second, units * second])
        except RedisError as error:
            log.warning("Nobody is counted at the agents' door, Valkey cannot be asked: %s", error)
            self._away_until = time.monotonic() + LEFT_ALONE
            return 0.0
        return math.ceil(1000 * float(said)) / 1000


@cache
def script() -> Callable[..., bytes]:
    """The count as Valkey runs it; it is sent once, and again to a Valkey that was started anew."""
    # Once more where a kept connection broke; never for longer: an agent is waiting.
    found = Redis.from_url(
        settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=Retry(NoBackoff(), 1)
    )
    return found.register_script(SCRIPT)
