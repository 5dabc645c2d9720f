"""Pydantic models made of what is known to be right, for those that every piece of an answer becomes."""

from typing import Any, TypeVar

from pydantic import BaseModel

M = TypeVar("M", bound=BaseModel)

_new, _set = object.__new__, object.__setattr__
_kinds: dict[type[BaseModel], tuple[set[str], bool]] = {}


def trusted(kind: type[M], fields: dict[str, Any]) -> M:
    """As `kind(**fields)`, without looking at them, in a third of the time.

    Args:
        fields: every field, those with defaults too, as `kind` would have validated it; the model owns the
            dictionary from here on.
    """
    known = _kinds.get(kind)
    if known is None:
        known = _kinds[kind] = set(fields), kind.model_config.get("extra") == "allow"
    made = _new(kind)
    _set(made, "__dict__", fields)
    _set(made, "__pydantic_fields_set__", known[0])
    _set(made, "__pydantic_extra__", {} if known[1] else None)
    _set(made, "__pydantic_private__", None)
    return made
