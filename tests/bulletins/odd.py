"""Headlines that break what is written carelessly: each must stay valid, and be read as it is meant."""

ODD = {
    "emoji": "Safer 👩‍🏫 internet 🛡️",
    "ampersand": "Fish & chips &amp; peas",
    "tag": "Less < more > <b>bold</b>",
    "script": "</script><script>alert(1)</script><!--",
    "cdata": "An end ]]> of <![CDATA[ data",
    "quotes": "“Typed” \"straight\" 'single' `ticks`",
    "calendar": "Commas, semicolons; back\\slashes: BEGIN:VEVENT",
    "right to left": "أمان الأطفال עברית",
    "long": "ünïcode " * 18,
    "separators": "Line\u2028and\u2029paragraph",
}
# What no format may hold goes, and nothing else does.
CONTROL = "Bell\x07 back\x08 vertical\x0b form\x0c escape\x1b override\u202e not\ufffe \uffffend"
WITHOUT_CONTROL = "Bell back vertical form escape override not end"


def as_read(headline: str) -> str:
    """Return a headline as every format gives it back: its blanks single."""
    return " ".join(headline.split())
