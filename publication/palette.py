"""A page or a letter as it looks in the light, or in the dark, whatever the reader's own machine prefers."""

import re

PREFERS = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)")
BOTH = re.compile(r"(color-scheme\s*:\s*|<meta name=\"(?:supported-)?color-schemes?\" content=\")light dark")
# Features that hold, and that do not, of every screen: unlike “all” they may stand in a longer query.
HOLDS, FAILS = "(min-width: 0)", "(max-width: 0)"


def in_palette(text: str, dark: bool) -> str:
    """Return HTML or CSS whose colours are fixed to one of its two palettes; nothing else of it changes."""
    scheme = "dark" if dark else "light"
    fixed = PREFERS.sub(lambda query: HOLDS if query[1] == scheme else FAILS, text)
    return BOTH.sub(lambda both: both[1] + scheme, fixed)
