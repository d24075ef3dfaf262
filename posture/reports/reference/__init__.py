"""The pages docs/rules.md and docs/rules.fr.md: every rule with its controls, facts, examples and tests."""
