"""The way to a machine: the jump hosts before it, in the order in which they are passed."""

from posture.fleet.models import Reach
from posture.remote.problems import RemoteTrouble

MOST_JUMPS = 3


def way_to(reach: Reach) -> list[Reach]:
    """Jump hosts, the first one first, and the machine itself; raises RemoteTrouble for a circle or a long chain."""
    way = [reach]
    while (jump := way[0].jump) is not None:
        if jump.pk in {one.pk for one in way}:
            raise RemoteTrouble("jump_loop", jump.name)
        if len(way) > MOST_JUMPS:
            raise RemoteTrouble("jump_chain", jump.name)
        way.insert(0, jump)
    return way
