"""Chaos: a real server and real agents while everything around them dies, and the ledger that must come of it."""
