"""Pure room: rules that are data, judged over facts. ``evaluate(facts, ruleset, at)`` is a function."""
