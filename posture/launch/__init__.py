"""Sets up and runs the whole product on one machine: `bin/up`. Knows no other room of ours, only their commands."""
