"""Roll-out: the agent installed on, or removed from, many hosts over SSH."""
