"""The stages: engines, files, audit rules, containers, images, networks and swarms, each wrong in its own way."""

from collections.abc import Mapping

from posture.tests.agreement.stages.containers import LOOSE
from posture.tests.agreement.stages.daemons import ARRAY, LINE, LOGS, SPELLED
from posture.tests.agreement.stages.host import AUDITED, TIGHT
from posture.tests.agreement.stages.stage import Scene, Stage
from posture.tests.agreement.stages.swarm import SWARM

__all__ = ("STAGES", "Scene", "Stage")

STAGES: Mapping[str, Stage] = {
    stage.name: stage for stage in (LOOSE, TIGHT, AUDITED, ARRAY, LINE, LOGS, SPELLED, SWARM)
}
