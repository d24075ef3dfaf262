"""Values for a rule's parameters, as an edition or a policy gives them."""

from posture.evaluation.document import Located
from posture.evaluation.fields import wrong
from posture.evaluation.judge import compile_logic
from posture.evaluation.rule import ParameterValue, Rule
from posture.evaluation.trouble import DataError


def read_parameters(given: Located, rule: Rule) -> dict[str, ParameterValue]:
    """The values in their own types, with which the rule compiles. Raises DataError naming key and line."""
    values: dict[str, ParameterValue] = {}
    for name, value in given.items():
        if name not in rule.parameters:
            raise wrong(given, name, f"the rule {rule.id} has no such parameter")
        try:
            values[name] = rule.parameters[name].accept(value)
        except ValueError as error:
            raise wrong(given, name, str(error)) from error
    try:
        compile_logic(rule, values)
    except DataError as error:
        raise DataError(error.message, key="parameters", line=given.line) from error
    return values
