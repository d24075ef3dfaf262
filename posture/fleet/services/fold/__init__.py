"""The fold: from a host's events to its intervals. ``advance`` is its one door; see docs/ledger.md."""
