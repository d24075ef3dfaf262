"""The imaginary fleet of ``agents/simulator``, let in through the real services, and its removal."""
