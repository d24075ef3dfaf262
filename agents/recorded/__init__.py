"""Real answers of real engines, one folder an engine and version, recorded by ``record.py``."""
