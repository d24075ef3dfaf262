"""Where any text is as good as another: names that hosts and their people choose. Elsewhere garbage may not pass."""

from collections.abc import Mapping

# By place and rule, why a text that nobody expects may still pass.
NAMES: Mapping[tuple[str, str], str] = {
    ("Engines.*.Containers.*.Config.User", "container-user-not-root"): "every name but root's is another user",
    ("Engines.*.Containers.*.HostConfig.NetworkMode", "container-no-host-network"): "else it is a network's name",
    ("Engines.*.Containers.*.HostConfig.NetworkMode", "container-bound-address"): "a network's name publishes nothing",
    ("Engines.*.Containers.*.HostConfig.NetworkMode", "container-no-privileged-ports"): "nor low ports",
    ("Engines.*.Containers.*.HostConfig.SecurityOpt.*", "container-seccomp"): "an option about something else",
    ("Engines.*.Containers.*.Image", "daemon-dangling-images"): "the id of an image that is no longer listed",
    ("Engines.*.Containers.*.Mounts.*.Destination", "container-host-trees"): "a path inside",
    ("Engines.*.Containers.*.Mounts.*.Destination", "container-tmpfs-scratch"): "a path inside",
    ("Engines.*.Containers.*.Mounts.*.Name", "daemon-shared-volumes"): "a volume's name",
    ("Engines.*.Containers.*.Networks.*", "container-no-default-bridge"): "a network's name",
    ("Engines.*.Containers.*.Networks.*", "network-dedicated"): "a network's name",
    ("Engines.*.Info.Driver", "daemon-storage-aufs"): "the name of another driver",
    ("Engines.*.Info.Driver", "daemon-storage-devicemapper"): "the name of another driver",
    ("Engines.*.Networks.*.Driver", "network-dedicated"): "the name of a plugin's driver",
    ("Engines.*.Networks.*.Name", "container-no-default-bridge"): "a network's name",
}


def is_legitimate(place: str, check: str) -> bool:
    """Whether this check may pass with any text there."""
    return (place, check.partition("~")[0]) in NAMES
