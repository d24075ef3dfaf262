"""Networks of an engine."""

from msgspec import UNSET, UnsetType

from posture.facts.wire.fact import Fact
from posture.facts.wire.values import Short, Text, TextMap, Texts


class Network(Fact):
    Name: Text
    Driver: Short | UnsetType = UNSET
    Scope: Short | UnsetType = UNSET
    Internal: bool | UnsetType = UNSET
    Attachable: bool | UnsetType = UNSET
    Ingress: bool | UnsetType = UNSET
    EnableIPv6: bool | UnsetType = UNSET
    Options: TextMap | None | UnsetType = UNSET  # com.docker.network.* and "encrypted"
    Subnets: Texts | UnsetType = UNSET
