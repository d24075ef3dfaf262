"""For each control: what a reading outside Posture says. An oracle gives a status and the reading that shows it."""

from collections.abc import Mapping

from posture.tests.agreement.oracles import audit, containers, daemon, files, images, swarm
from posture.tests.agreement.oracles.truth import Oracle

ORACLES: Mapping[str, Oracle] = {
    **audit.ORACLES,
    **daemon.ORACLES,
    **files.ORACLES,
    **images.ORACLES,
    **containers.ORACLES,
    **swarm.ORACLES,
}
