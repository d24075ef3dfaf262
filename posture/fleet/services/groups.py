"""Groups of hosts."""

from posture.fleet.models import Group

DEFAULT_NAME = "Fleet"


def get_or_create_group(*, name: str = DEFAULT_NAME) -> Group:
    """The group of that name on the tree's first level, made where there is none."""
    group, _made = Group.objects.get_or_create(name=name[:80], parent=None)
    return group
