"""What was observed on one host where nothing is wrong."""

import uuid
from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import get_language

from posture.fleet.queries.report import edition_scores
from posture.fleet.queries.scope import Scope
from posture.reports.content import Observation
from posture.reports.observations import HOST, gather_observations


def observed_on(
    *, host: uuid.UUID, name: str, edition: str, checks: set[str], at: datetime
) -> Mapping[str, tuple[Observation, ...]]:
    """What some checks saw on a host at a moment where they pass or do not apply, by check. At most six statements."""
    found = gather_observations(
        hosts=[(host, name)],
        scores=edition_scores(scope=Scope(host=host), edition=edition, at=at),
        checks=checks,
        at=at,
        language=(get_language() or "en").split("-")[0],
        bounds=HOST,
    )
    return {key: collector.observations() for key, collector in found.items()}
