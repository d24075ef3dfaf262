"""Machines to roll out to."""

from posture.remote.tests.conftest import agent_file, network, reach_to, ssh_key

__all__ = ["agent_file", "network", "reach_to", "ssh_key"]
