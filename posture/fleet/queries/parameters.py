"""Values that the operator gave to rules' parameters."""

from posture.fleet.models import ParameterSetting


def given_values(*, group: int | None) -> dict[tuple[str, str], object]:
    """The values given for one group, or (None) for the whole fleet, by rule and parameter."""
    rows = ParameterSetting.objects.filter(group=group).values_list("rule", "name", "value")
    return {(rule, name): value for rule, name, value in rows}
