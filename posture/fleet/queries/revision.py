"""The revision of what a scope shows: it differs as soon as a page would."""

from django.db.models import Count, Max, Q, Sum

from posture.fleet.models import HostState
from posture.fleet.queries.scope import Scope


def revision_of(*, scope: Scope) -> str:
    """Counts folds that wrote, hosts by state, the newest host and the newest wish for a scan. One statement."""
    states = {f"state_{state}": Count("pk", filter=Q(state=state)) for state in HostState.values}
    wishes = {"asked": Max("scan_asked_at"), "done": Max("scan_done_at")}
    row = scope.hosts().aggregate(folds=Sum("cursor__revision"), newest=Max("created_at"), **wishes, **states)
    moments = [int(row[name].timestamp()) if row[name] else 0 for name in ("newest", *wishes)]
    counts = [row["folds"] or 0, *(row[f"state_{state}"] for state in HostState.values)]
    return "-".join(str(number) for number in (*counts, *moments))
