"""Client tools: what the page that shows the chat can do, offered to the model.

    [[tool]]
    name = "switch_theme"
    description = "Switch the page between light and dark colours."
    [tool.parameters]             # a JSON Schema, of type object
    type = "object"

Above: `wiring` reads the file, `workflow` offers what is in it. A turn ends with a call; the page carries it
out, and another turn goes on from what came of it. Nothing here runs a tool.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import agents as sdk
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from chatkeep.core.errors import ConfigurationError
from chatkeep.tables import read_tables

_NOTHING: dict[str, Any] = {"type": "object", "properties": {}}


class ClientTool(BaseModel):
    """One tool, as declared. `parameters` is the JSON Schema of its arguments."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$", max_length=64)]
    description: Annotated[str, StringConstraints(min_length=1, max_length=1000)]
    parameters: dict[str, Any] = Field(default_factory=lambda: _NOTHING)

    @field_validator("parameters")
    @classmethod
    def _an_object(cls, value: dict[str, Any]) -> dict[str, Any]:
        if value.get("type") != "object":
            raise ValueError('it must be a JSON Schema with type = "object"')
        return {"properties": {}, **value}

    def offered(self) -> sdk.FunctionTool:
        """The tool as the Agents SDK's models want to be told of it."""
        return sdk.FunctionTool(self.name, self.description, self.parameters, _run, strict_json_schema=False)


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """A call that the page has answered. `output` is what it returned, as JSON."""

    name: str
    arguments: Mapping[str, Any]
    output: Any

    def told(self) -> str:
        """The call and what came of it, on one line, for the model to read."""
        arguments, output = (json.dumps(value, ensure_ascii=False) for value in (self.arguments, self.output))
        return f"{self.name}({arguments}) returned {output}"


async def _run(context: object, arguments: str) -> str:
    raise NotImplementedError(f"The page runs this tool, not the server: {arguments} for {context}.")


def read_client_tools(file: Path) -> tuple[ClientTool, ...]:
    """The tools of a TOML file, in its order. Blocks.

    Raises:
        ConfigurationError: it cannot be read, or says what cannot be meant.
    """
    tools = tuple(read_tables(file, "tool", ClientTool, setting="CHATKEEP_CLIENT_TOOLS"))
    names = [tool.name for tool in tools]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigurationError(f"{file}: {twice[0]} is declared more than once.")
    return tools
