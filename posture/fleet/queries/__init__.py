"""Reads. Keyword-only; each takes the scope of hosts that the viewer may see, and a moment (None: now)."""
