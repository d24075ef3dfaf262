"""Roll-outs."""

from django.db.models import Count, Q, QuerySet

from posture.fleet.models import Rollout, RunState


def latest_rollouts(*, limit: int) -> QuerySet[Rollout]:
    """The newest roll-outs, each with its number of ``hosts``, of those that ``failed`` and that are ``over``."""
    over = Q(runs__state__in=(RunState.DONE, RunState.UNCHANGED, RunState.FAILED))
    counted = Rollout.objects.annotate(
        hosts=Count("runs"),
        failed=Count("runs", filter=Q(runs__state=RunState.FAILED)),
        over=Count("runs", filter=over),
    )
    return counted.order_by("-created_at")[:limit]
