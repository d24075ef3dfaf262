"""Pure room: what was observed, as typed structures. No Django, clock, network or database."""
