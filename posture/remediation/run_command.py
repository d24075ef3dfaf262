"""The commands that create a container anew from its blueprint.

What Posture may see is written out, option by option. What never leaves the host (values of the environment and of
labels, the command line, the health test, log options…) is carried over on the host itself: one ``docker inspect`` of
the old container prints these as options and arguments, each ended by NUL, and ``xargs -0`` hands them to
``docker run`` as they are. The old container stays, stopped and renamed, until the operator removes it.
"""

from collections.abc import Iterable

from posture.remediation.blueprint import Blueprint
from posture.remediation.encoding import positional, shell

PLACE_OF_NAME = "CONTAINER"
_NANO = 1_000_000_000
_MEBIBYTE = 1024 * 1024

# Go templates; {{- and -}} keep the line breaks out of the output. Labels and log options are maps, the rest lists.
# A label of a hostile image may hold NUL: taken as it is, what follows would be the next option.
_CARRIED_OVER = r"""
  {{- $end := "\x00" -}}
  {{- range .Config.Env}}--env{{$end}}{{join (split . $end) ""}}{{$end}}{{end -}}
  {{- range $name, $value := .Config.Labels -}}
    --label{{$end}}{{join (split $name $end) ""}}={{join (split $value $end) ""}}{{$end}}
  {{- end -}}
  {{- range $name, $value := .HostConfig.LogConfig.Config -}}
    --log-opt{{$end}}{{join (split $name $end) ""}}={{join (split $value $end) ""}}{{$end}}
  {{- end -}}
  {{- range .HostConfig.ExtraHosts}}--add-host{{$end}}{{join (split . $end) ""}}{{$end}}{{end -}}
  {{- with .Config.WorkingDir}}--workdir{{$end}}{{join (split . $end) ""}}{{$end}}{{end -}}
  {{- with .Config.Healthcheck}}{{if .Test}}{{if eq (index .Test 0) "CMD-SHELL" -}}
    --health-cmd{{$end}}{{join (split (index .Test 1) $end) ""}}{{$end}}
    {{- if .Interval}}--health-interval{{$end}}{{.Interval}}{{$end}}{{end -}}
    {{- if .Timeout}}--health-timeout{{$end}}{{.Timeout}}{{$end}}{{end -}}
    {{- if .StartPeriod}}--health-start-period{{$end}}{{.StartPeriod}}{{$end}}{{end -}}
    {{- if .Retries}}--health-retries{{$end}}{{.Retries}}{{$end}}{{end -}}
  {{end}}{{end}}{{end -}}
  --entrypoint{{$end}}{{join (split .Path $end) ""}}{{$end}}{{join (split .Config.Image $end) ""}}{{$end}}
  {{- range .Args}}{{join (split . $end) ""}}{{$end}}{{end -}}
"""


def run_command(blueprint: Blueprint, *, program: str = "docker") -> str:
    """Shell text, one command after the other, without a trailing line break. ``program`` is docker or podman."""
    name = positional(blueprint.name, PLACE_OF_NAME)
    old = positional(f"{blueprint.name}-before", f"{PLACE_OF_NAME}-before")
    inspect = f"{program} inspect --format '{_CARRIED_OVER}' {old}"
    lines = [f"{program} rename {name} {old}"]
    if blueprint.always_restarted:
        lines.append(f"{program} update --restart no {old}")  # else it comes back with the daemon
    if blueprint.new_network:
        lines.append(f"{program} network create {positional(blueprint.network, 'NETWORK')}")
    if blueprint.remove:
        # It vanishes when it stops: it is read first, and xargs waits for the end of its input, which comes when the
        # old container, and with it the ports it held, is gone.
        gone = f"while {program} inspect {old} > /dev/null 2>&1; do sleep 1; done"
        lines.append(f"{{ {inspect}; {program} stop {old} > /dev/null; {gone}; }} |")
    else:
        lines.append(f"{program} stop {old}")
        lines.append(f"{inspect} |")
    # The last byte is the line break that inspect adds.
    options = [f"  head -c -1 | xargs -0 {program} run --detach", *options_of(blueprint)]
    lines.append(" \\\n  ".join(options))
    lines += [f"{program} network connect {positional(other, 'NETWORK')} {name}" for other in blueprint.more_networks]
    return "\n".join(lines)


def options_of(blueprint: Blueprint) -> list[str]:
    """The options of ``docker run``, each with its value, quoted."""
    return [
        *_text("--name", blueprint.name),
        *_identity(blueprint),
        *_privileges(blueprint),
        *_limits(blueprint),
        *_places(blueprint),
    ]


def _identity(blueprint: Blueprint) -> list[str]:
    return [
        *_flag("--rm", blueprint.remove),
        *_flag("--init", blueprint.init),
        *_text("--restart", blueprint.restart),
        *_text("--user", blueprint.user),
        *_texts("--group-add", blueprint.groups),
        *_text("--runtime", blueprint.runtime),
        *_text("--log-driver", blueprint.log_driver),
        *_text("--health-cmd", blueprint.health_command),
        *(["--health-interval 30s", "--health-timeout 5s"] if blueprint.health_command else []),
    ]


def _privileges(blueprint: Blueprint) -> list[str]:
    return [
        *_flag("--privileged", blueprint.privileged),
        *_flag("--read-only", blueprint.read_only),
        *_texts("--cap-drop", blueprint.capabilities_dropped),
        *_texts("--cap-add", blueprint.capabilities_added),
        *_texts("--security-opt", blueprint.security),
        *_text("--pid", blueprint.pid),
        *_text("--ipc", blueprint.ipc),
        *_text("--uts", blueprint.uts),
        *_text("--userns", blueprint.userns),
        *_text("--cgroupns", blueprint.cgroupns),
        *_text("--cgroup-parent", blueprint.cgroup_parent),
        *_texts("--device", blueprint.devices),
        *_texts("--device-cgroup-rule", blueprint.device_rules),
        *_texts("--gpus", blueprint.gpus),
    ]


def _limits(blueprint: Blueprint) -> list[str]:
    cpus = f"{blueprint.nano_cpus / _NANO:g}" if blueprint.nano_cpus > 0 else ""
    # Twice the memory is what the engine chooses itself.
    swap = blueprint.memory_swap if blueprint.memory_swap != 2 * blueprint.memory else 0
    return [
        *_size("--memory", blueprint.memory),
        *(["--memory-swap -1"] if swap == -1 else _size("--memory-swap", swap)),
        *_size("--memory-reservation", blueprint.memory_reservation),
        *_size("--shm-size", blueprint.shm_size),
        *_flag("--oom-kill-disable", blueprint.oom_kill_disable),
        *_text("--cpus", cpus),
        *_number("--cpu-shares", blueprint.cpu_shares),
        *_number("--cpu-quota", blueprint.cpu_quota),
        *_number("--cpu-period", blueprint.cpu_period),
        *_text("--cpuset-cpus", blueprint.cpuset),
        *_number("--pids-limit", blueprint.pids_limit),
        *_texts("--ulimit", blueprint.ulimits),
        *_texts("--storage-opt", blueprint.storage),
    ]


def _places(blueprint: Blueprint) -> list[str]:
    return [
        *_text("--network", blueprint.network),
        *_flag("--publish-all", blueprint.publish_all),
        *_texts("--publish", map(str, blueprint.ports)),
        *(mount.option() for mount in blueprint.mounts),
        *_texts("--tmpfs", blueprint.tmpfs),
    ]


def _flag(option: str, wanted: bool) -> list[str]:
    return [option] if wanted else []


def _text(option: str, value: str) -> list[str]:
    return [f"{option} {shell(value)}"] if value else []


def _texts(option: str, values: Iterable[str]) -> list[str]:
    return [f"{option} {shell(value)}" for value in values]


def _number(option: str, value: int) -> list[str]:
    return [f"{option} {value}"] if value > 0 else []


def _size(option: str, value: int) -> list[str]:
    """Bytes, in MiB where that is exact."""
    if value <= 0:
        return []
    return [f"{option} {value // _MEBIBYTE}m" if value % _MEBIBYTE == 0 else f"{option} {value}"]
