"""The self-hosted ChatKit: your documents, your models, your disk."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chatkeep.app import create_app
    from chatkeep.settings import Settings

__all__ = ["Settings", "create_app"]

_HOMES = {"Settings": "chatkeep.settings", "create_app": "chatkeep.app"}


def __getattr__(name: str) -> Any:
    """Public names load when they are first used: the command must not wait for what it does not need."""
    if name not in _HOMES:
        raise AttributeError(f"module 'chatkeep' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
