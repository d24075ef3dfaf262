"""The daemon.json steps of the daemon rules, for tests that try them."""

import json
from typing import Any

from posture.evaluation import catalogue
from posture.evaluation.rule import Via

# They need what a test cannot give them: certificates, a plugin, a system account, a disk.
NEEDY = frozenset(("daemon-tls", "daemon-authorization", "daemon-userns-remap", "daemon-data-root-encrypted"))
# Other choices of policies: they undo what the rest sets.
CONTRARY = frozenset(("daemon-iptables-off", "daemon-no-default-bridge"))


def snippets() -> dict[str, Any]:
    """Every daemon.json step but the needy and contrary ones, merged as a reader of all of them would."""
    merged: dict[str, Any] = {}
    for rule in catalogue.load().rules.values():
        if rule.subject.value == "daemon" and rule.id not in NEEDY | CONTRARY:
            for step in rule.fix.steps:
                if step.via is Via.DAEMON_JSON:
                    merged |= json.loads(step.text)
    return merged
