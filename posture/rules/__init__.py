"""Rules: one YAML file each, data and never code. docs/writing-a-rule.md tells how to add one."""
