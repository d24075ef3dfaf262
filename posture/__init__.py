"""Posture: the container security posture of a fleet."""
