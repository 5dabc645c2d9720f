"""The configuration reference, written from the descriptions in `settings`.

Run `python -m chatkeep.cli.reference docs/reference/configuration.md`; a test holds the file fresh.
Each variable is a section of its own, so that an answer can cite it.
"""

import sys
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import HttpUrl, RedisDsn, SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from chatkeep.settings import EmbeddingSettings, ModelSettings, QdrantSettings, Settings

_INTRODUCTION = """\
# Configuration reference

chatkeep is configured by environment variables. There is no configuration file, and `.env` files are
not read. An option on the command line beats the variable of the same meaning.

- A variable that is empty counts as unset.
- A variable that starts with `CHATKEEP_` and is not listed here stops chatkeep with exit code 2 and a
  line that names the nearest setting: a misspelt setting is never ignored.
- A value that cannot be used stops chatkeep with exit code 2 and a line that names the variable.
- A list is one value with commas between its parts.
- Secrets are never written to the log.

This page is generated from the descriptions in the code.
"""

_SERVER = """\
## The server, the documents and the log

These variables are chatkeep's own. `chatkeep serve` uses all of them; the other commands use those
that concern the data folder, the documents, the embedder and the log, but refuse a wrong one all the same.
"""

_EMBEDDINGS = """\
## The embeddings endpoint

These variables count with `CHATKEEP_EMBEDDER=endpoint`. [The guide to
embedders](../guides/embedders.md) shows which of them common providers need.
"""

_MODEL = """\
## The language model

These variables keep the names that the providers' own tools use. [The guide to models](../guides/models.md)
shows which of them belong together.
"""

_QDRANT = """\
## A Qdrant server

These variables keep the names that Qdrant's own tools use. [The guide to Qdrant](../guides/qdrant.md) shows
when a server is worth having.
"""

_NAMES: Mapping[Any, str] = {
    bool: "`true` or `false`",
    str: "text",
    int: "whole number",
    float: "number",
    Path: "path",
    HttpUrl: "address (`http://` or `https://`)",
    RedisDsn: "address (`redis://` or `rediss://`)",
    SecretStr: "secret text",
}


def configuration_reference() -> str:
    """The page, in Markdown."""
    parts = [_INTRODUCTION, _SERVER, *_variables(Settings), _EMBEDDINGS, *_variables(EmbeddingSettings)]
    parts += [_MODEL, *_variables(ModelSettings), _QDRANT, *_variables(QdrantSettings)]
    return "\n".join(parts)


def _variables(settings: type[BaseSettings]) -> Iterator[str]:
    prefix = settings.model_config.get("env_prefix", "")
    for name, field in settings.model_fields.items():
        if not _is_tree(field):
            yield _section(f"{prefix}{name}".upper(), field)


def _is_tree(field: FieldInfo) -> bool:
    return isinstance(field.annotation, type) and issubclass(field.annotation, BaseSettings)


def _section(variable: str, field: FieldInfo) -> str:
    return (
        f"### {variable}\n\n{field.description}\n\n"
        f"- Type: {_type(field.annotation)}{_bounds(field)}\n"
        f"- Default: {_default(field.get_default(call_default_factory=True))}\n"
    )


def _type(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return "one of " + ", ".join(f"`{choice}`" for choice in arguments)
    if origin in (Union, types.UnionType):
        return next(_type(argument) for argument in arguments if argument is not type(None))
    if origin is tuple:
        return f"list of {_plural(_type(arguments[0]))}"
    return _NAMES[annotation]


def _plural(kind: str) -> str:
    return "names" if kind == "text" else f"{kind}s"


def _bounds(field: FieldInfo) -> str:
    words = []
    for bound in field.metadata:
        match bound:
            case Ge():
                words.append(f"at least {bound.ge}")
            case Gt():
                words.append(f"more than {bound.gt}")
            case Le():
                words.append(f"at most {bound.le}")
            case Lt():
                words.append(f"less than {bound.lt}")
    return f", {' and '.join(words)}" if words else ""


def _default(value: object) -> str:
    if value is None or value == ():
        return "unset"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{str(value).rstrip('/') if isinstance(value, HttpUrl) else value}`"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(configuration_reference(), encoding="utf-8")
