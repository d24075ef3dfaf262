"""Hosts that this server reaches by itself: over SSH, or an engine over TLS; and the agent's roll-out."""
