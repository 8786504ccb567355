"""Which kind of section a heading names."""

import re

from bulletins.importing.shapes import looks_like_heading

_LONGEST_HEADING = 100
# A section's heading leads with capitals or common adjectives; `Teachers miss training` is news.
_LEAD = (
    r"(?:(?:[A-Z0-9&]\S*|and|our|your|for|of|the|new|latest|other|free|online|upcoming|forthcoming|parental|"
    r"safeguarding)\s){0,3}"
)
_SECTION_HEADINGS = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("news", r"(?i:(?:also\s)?in\sthe\snews|in\sthis\s(?:issue|bulletin|edition)|contents|headlines)"),
        (
            "news",
            r"(?i:(?:the\s)?(?:(?:latest|national|sector|other|more)\s)?news(?:\sround-?\s?up|\sin\sbrief)?)",
        ),
        (
            "organisation news",
            r"(?:[A-Z0-9&]\S*\s){1,4}[Nn](?i:ews)|(?i:(?:our|company|team|organisation)\snews)",
        ),
        ("organisation news", r"(?i:news\sfrom)(?:\s[A-Z0-9&]\S*|\sthe){1,5}"),
        (
            "parental resources",
            _LEAD + r"(?i:(?:parental|parents?|carers?|family)['’]?\s(?:resources?|hub|guides?))",
        ),
        (
            "parental resources",
            r"(?:[A-Z]\S*\s){0,2}(?i:resources?\sfor\s(?:parents|carers|families).{0,30})",
        ),
        ("training", _LEAD + r"(?i:(?:training|e-?learning)(?:\scourses?)?|courses?)"),
        ("podcasts", _LEAD + r"(?i:podcasts?(?:\s(?:series|episodes?))?)"),
        ("webinars", _LEAD + r"(?i:webinars?|(?:upcoming|forthcoming)\sevents)"),
        ("articles", _LEAD + r"(?i:articles?|blogs?)"),
        (
            "system updates",
            _LEAD + r"(?i:(?:systems?|platform|software|product|website)\s(?:updates?|changes|improvements))",
        ),
    )
)


def kind_of(text: str) -> str:
    """Return the kind of section that a heading names; empty for any other text."""
    bare = text.rstrip(" :")
    if len(text) > _LONGEST_HEADING or (text.endswith(":") and not looks_like_heading(bare)):
        return ""
    return next((kind for kind, pattern in _SECTION_HEADINGS if pattern.fullmatch(bare)), "")
