"""What operators decided for a group: a group's own goes before those above it, and these before the fleet's."""

from collections.abc import Mapping, Sequence

from posture.evaluation import catalogue
from posture.evaluation.catalogue import OWN_EDITION
from posture.evaluation.judge import compile_logic
from posture.fleet.models import Group, ParameterSetting, PolicySetting

# What judges where nobody chose: today's best practice, and the two documents that are asked for most.
DEFAULT_EDITIONS = (OWN_EDITION, "cis-docker-1.8.0", "anssi-ft-082")


def chain(*, group: Group) -> list[Group]:
    """The group and those above it, the nearest first."""
    groups = [group]
    while groups[-1].parent is not None:
        groups.append(groups[-1].parent)
    return groups


def editions_of(line: Sequence[Group]) -> list[str]:
    """The editions that judge a group, sorted: the primary one always, the others as chosen nearest to it.

    ``line``: the group's chain. An edition that an update took away is passed over.
    """
    chosen = next((one.editions for one in line if one.editions is not None), DEFAULT_EDITIONS)
    return sorted({line[0].primary_edition, *chosen} & catalogue.load().editions.keys())


def parameters_of(line: Sequence[Group]) -> dict[str, dict[str, object]]:
    """The operator's parameters for a group's chain, by rule and name."""
    ranks = _ranks(line)
    settings = [one for one in ParameterSetting.objects.all() if one.group_id in ranks and fits(setting=one)]
    parameters: dict[str, dict[str, object]] = {}
    for setting in sorted(settings, key=lambda one: ranks[one.group_id], reverse=True):
        parameters.setdefault(setting.rule, {})[setting.name] = setting.value
    return parameters


def policies_of(line: Sequence[Group]) -> dict[str, str]:
    """The operator's choices for a group's chain, by policy; those that an update took away are passed over."""
    ranks = _ranks(line)
    settings = [one for one in PolicySetting.objects.all() if one.group_id in ranks and offered(setting=one)]
    return {one.policy: one.choice for one in sorted(settings, key=lambda one: ranks[one.group_id], reverse=True)}


def fits(*, setting: ParameterSetting) -> bool:
    """Whether today's rules have this parameter, of this type; an update may have taken it away."""
    rule = catalogue.load().rules.get(setting.rule)
    if rule is None or setting.name not in rule.parameters:
        return False
    try:
        compile_logic(rule, {setting.name: rule.parameters[setting.name].accept(setting.value)})
    except ValueError:
        return False
    return True


def offered(*, setting: PolicySetting) -> bool:
    """Whether today's policies have this choice; an update may have taken it away."""
    policy = catalogue.load().policies.get(setting.policy)
    return policy is not None and setting.choice in policy.choices


def _ranks(line: Sequence[Group]) -> Mapping[int | None, int]:
    """By id, how near a group is; the fleet (None) is the farthest."""
    return {**{one.pk: rank for rank, one in enumerate(line)}, None: len(line)}
