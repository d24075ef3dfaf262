"""The Posture agent: gathers facts about a host and its container engines, and judges none of them.

Standard library only, Python 3.7 or newer. It changes nothing on the host: every call to an engine is a GET.
"""

VERSION = "0.1.0"
PROTOCOL = 1
