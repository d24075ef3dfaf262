"""The generated half of docs/policies.md. ``python -m posture.rules.tests.policies_page`` writes it anew."""

from pathlib import Path

from posture.evaluation.catalogue import load
from posture.evaluation.policy import Choice, Policy

PAGE = Path(__file__).parents[3] / "docs" / "policies.md"
START = "<!-- From here on generated from posture/policies. -->\n"


def generated() -> str:
    """Every policy with its choices, in the order of their ids."""
    return "\n".join(section(policy) for policy in load().policies.values())


def section(policy: Policy) -> str:
    rows = [row(choice, default=choice.id == policy.default) for choice in policy.choices.values()]
    return "\n".join(
        (
            f"### {policy.id}",
            "",
            f"**{policy.question['en']}** {policy.contradiction['en']}",
            "",
            f"Read in: {', '.join(policy.sources)}.",
            "",
            "| choice | judged by | what you gain and give up |",
            "|---|---|---|",
            *rows,
            "",
        )
    )


def row(choice: Choice, *, default: bool) -> str:
    values = "".join(f", {name} {_plain(value)}" for name, value in choice.parameters.items())
    judged = "nothing" if choice.rule is None else f"`{choice.rule}`{values}"
    name = f"**{choice.id}** (default)" if default else choice.id
    return f"| {name}: {choice.title['en']} | {judged} | {choice.tradeoff['en']} |"


def _plain(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def written_by_hand() -> str:
    """What stands above the generated half."""
    return PAGE.read_text(encoding="utf-8").partition(START)[0]


if __name__ == "__main__":
    PAGE.write_text(written_by_hand() + START + "\n" + generated(), encoding="utf-8")
