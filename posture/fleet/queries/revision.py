"""The revision of what a scope shows: it differs as soon as a page would."""

from django.db.models import Count, Max, Q, Sum

from posture.fleet.models import HostState
from posture.fleet.queries.scope import Scope


def revision_of(*, scope: Scope) -> str:
    """Counts folds that wrote, hosts by state, and the newest host. One statement."""
    states = {f"state_{state}": Count("pk", filter=Q(state=state)) for state in HostState.values}
    row = scope.hosts().aggregate(folds=Sum("cursor__revision"), newest=Max("created_at"), **states)
    newest = int(row["newest"].timestamp()) if row["newest"] else 0
    return "-".join([str(row["folds"] or 0), *(str(row[f"state_{state}"]) for state in HostState.values), str(newest)])
