"""What files say of themselves, made uniform: languages, dates, and the rest as short strings."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from chatkeep.knowledge.parse.draft import clean

_MAX_VALUE = 300

# ISO 639-2 codes that books and PDF files have where others say it in two letters.
_IN_THREE_LETTERS = {
    "ara": "ar", "bul": "bg", "cat": "ca", "ces": "cs", "cze": "cs", "chi": "zh", "zho": "zh", "dan": "da",
    "deu": "de", "ger": "de", "dut": "nl", "nld": "nl", "ell": "el", "gre": "el", "eng": "en", "est": "et",
    "fin": "fi", "fra": "fr", "fre": "fr", "heb": "he", "hin": "hi", "hrv": "hr", "hun": "hu", "ind": "id",
    "ita": "it", "jpn": "ja", "kor": "ko", "lav": "lv", "lit": "lt", "nor": "no", "per": "fa", "fas": "fa",
    "pol": "pl", "por": "pt", "ron": "ro", "rum": "ro", "rus": "ru", "slk": "sk", "slo": "sk", "slv": "sl",
    "spa": "es", "srp": "sr", "swe": "sv", "tha": "th", "tur": "tr", "ukr": "uk", "vie": "vi",
}  # fmt: skip
_TAG = re.compile(r"\s*([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{1,8})*\s*\Z")


def language_code(declared: str | None) -> str:
    """ISO 639-1 of a language tag such as `de-AT`; empty where it is none we know."""
    tag = _TAG.match(declared or "")
    if tag is None:
        return ""
    code = tag[1].lower()
    return code if len(code) == 2 else _IN_THREE_LETTERS.get(code, "")


def point_in_time(declared: str | None) -> datetime | None:
    """An ISO 8601 date or time; UTC where no zone is said."""
    try:
        found = datetime.fromisoformat((declared or "").strip())
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def described(facts: Mapping[str, str | None]) -> dict[str, str]:
    """The facts that say something, each on one line."""
    lines = {name: " ".join(clean(value or "").split())[:_MAX_VALUE] for name, value in facts.items()}
    return {name: value for name, value in lines.items() if value}
