"""Texts of facts made fit for print: what the font lacks is written as its code, long ones are cut."""

# Ranges that both shipped faces hold, or whose signs they hold often enough to be tested one by one (see the tests).
RANGES = ((0x20, 0x7E), (0xA0, 0xAC), (0xAE, 0x17F), (0x391, 0x3A1), (0x3A3, 0x3A9), (0x3B1, 0x3C9), (0x410, 0x44F))
SIGNS = frozenset("\n\u202f–—‘’‚“”„•…‹›€™≤≥≠−×·→←∞≈№†‡‰")
LONGEST = 400


def printable(text: str, *, longest: int = LONGEST) -> str:
    """The text with every sign that cannot be set as ``[U+XXXX]``, at most ``longest`` signs before that."""
    cut = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return "".join(sign if can_set(sign) else f"[U+{ord(sign):04X}]" for sign in cut)


def can_set(sign: str) -> bool:
    return sign in SIGNS or any(low <= ord(sign) <= high for low, high in RANGES)
