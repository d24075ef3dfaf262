"""The swarm an engine is part of, and its services."""

from msgspec import UNSET, UnsetType

from posture.facts.wire.fact import Fact, Mark
from posture.facts.wire.values import Integer, Moment, Natural, Short, Text


class SwarmState(Fact):
    LocalNodeState: Short
    ControlAvailable: bool | UnsetType = UNSET
    Managers: Natural | UnsetType = UNSET
    Nodes: Natural | UnsetType = UNSET
    AutoLockManagers: bool | UnsetType = UNSET
    NodeCertExpiry: Integer | UnsetType = UNSET  # nanoseconds
    CANotBefore: Moment | UnsetType = UNSET  # since when the cluster's root certificate is valid
    Secrets: Natural | UnsetType = UNSET  # secrets in the swarm's store


class Service(Fact):
    """A swarm service, as a manager sees it."""

    Name: Text
    Secrets: Natural | UnsetType = UNSET  # secrets of the store that it uses
    RestartCondition: Short | UnsetType = UNSET  # none, on-failure, any
    RestartMaxAttempts: Natural | UnsetType = UNSET  # 0: without end
    Marks: list[Mark] | UnsetType = UNSET  # secret-like values in its specification's environment, arguments and labels
