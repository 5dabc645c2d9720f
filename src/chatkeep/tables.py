"""A TOML file in which an operator declares things, each as a `[[table]]` of the same kind.

    [[source]]
    path = "handbook"

Above: `knowledge.sources.declared` and `agents.client_tools` say what a table holds, as a Pydantic model.
"""

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from chatkeep.core.errors import ConfigurationError

_Model = TypeVar("_Model", bound=BaseModel)


def read_tables(file: Path, kind: str, model: type[_Model], *, setting: str) -> list[_Model]:
    """Every `[[kind]]` of the file, in its order. Blocks.

    Args:
        setting: the setting that names the file, for whoever reads that it cannot be read.

    Raises:
        ConfigurationError: it cannot be read, or says what cannot be meant.
    """
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{setting}: {file} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} is not TOML: {error}.") from None
    if unknown := sorted(set(content) - {kind}):
        raise ConfigurationError(f"{file}: {unknown[0]!r} is not known there. It has [[{kind}]] alone.")
    listed = content.get(kind, [])
    if not isinstance(listed, list):
        raise ConfigurationError(f"{file}: write [[{kind}]], with two brackets.")
    return [_read(value, f"{file}: {kind} {number}", kind, model) for number, value in enumerate(listed, 1)]


def _read(value: object, place: str, kind: str, model: type[_Model]) -> _Model:
    if not isinstance(value, dict):
        raise ConfigurationError(f"{place} is not a table. Write [[{kind}]] above it.")
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            said = f"is not known there. Known: {', '.join(model.model_fields)}"
        raise ConfigurationError(f"{place}: {f'{where}: ' if where else ''}{said}.") from None
