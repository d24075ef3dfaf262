"""Images: their layers, what setuid files and release they hold, and what a scan found."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from posture.facts.wire.container import HealthTest
from posture.facts.wire.fact import Fact, Mark, ReadError
from posture.facts.wire.values import FileMode, Moment, Natural, Short, Text, Texts


class Layer(Fact):
    """One history entry, reduced on the host to what it does."""

    Instruction: Short  # ADD, COPY, RUN, ENV, ...; "" when it cannot be told
    Empty: bool | UnsetType = UNSET
    Base: bool | UnsetType = UNSET  # belongs to an image this one was built from, as far as the agent can tell
    # "index-refresh", "package-install", "remote-add", "unauthenticated-packages", "pipe-to-shell", "setuid-removal",
    # "committed" (made by committing a container, no instruction of a Dockerfile)
    Traits: Texts | UnsetType = UNSET


class SetuidFile(Fact):
    Path: Text
    Mode: FileMode


class ImageRelease(Fact):
    """ID and VERSION_ID of the image's own os-release; empty where there is none."""

    Id: Short
    VersionId: Short


class ImageScan(Fact):
    """The newest result of a scanner for this image that the agent found on its host. Counts of vulnerabilities."""

    Scanner: Literal["trivy", "grype"]
    ScannedAt: Moment
    Critical: Natural
    High: Natural
    Medium: Natural
    Low: Natural
    FixableCritical: Natural
    FixableHigh: Natural


class Image(Fact):
    Id: Text
    RepoTags: Texts | None | UnsetType = UNSET
    RepoDigests: Texts | None | UnsetType = UNSET
    Created: Text | UnsetType = UNSET  # RFC 3339, as the engine prints it
    Architecture: Short | UnsetType = UNSET
    Variant: Short | UnsetType = UNSET
    Os: Short | UnsetType = UNSET
    Size: Natural | UnsetType = UNSET
    User: Text | UnsetType = UNSET
    EnvNames: Texts | UnsetType = UNSET
    Healthcheck: HealthTest | None | UnsetType = UNSET
    ExposedPorts: Texts | UnsetType = UNSET
    History: Annotated[list[Layer], Meta(max_length=1024)] | UnsetType = UNSET
    Bases: Texts | UnsetType = UNSET  # references of what it was built from, as its label and the host's images tell
    SetuidFiles: Annotated[list[SetuidFile], Meta(max_length=4096)] | UnsetType = UNSET
    Release: ImageRelease | UnsetType = UNSET
    Programs: Texts | UnsetType = UNSET  # paths of programs that an image seldom needs, see docs/agent.md
    WorldWritable: Texts | UnsetType = UNSET  # files and folders anybody may write, /tmp and other sticky ones left out
    Scan: ImageScan | None | UnsetType = UNSET  # null: no scanner left a result for it
    Marks: list[Mark] | UnsetType = UNSET
    Error: ReadError | UnsetType = UNSET
