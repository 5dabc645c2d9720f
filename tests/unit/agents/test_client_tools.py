"""What an operator declares of the page's tools, and what a model is told of them."""

from pathlib import Path

import pytest

from chatkeep.agents.client_tools import CarriedOut, read_client_tools
from chatkeep.core.errors import ConfigurationError

THEME = """
[[tool]]
name = "switch_theme"
description = "Switch the page between light and dark colours."
[tool.parameters]
type = "object"
required = ["scheme"]
[tool.parameters.properties.scheme]
enum = ["light", "dark"]
"""


def declared(folder: Path, content: str) -> Path:
    file = folder / "tools.toml"
    file.write_text(content)
    return file


def test_a_declared_tool_is_offered_as_it_is(tmp_path: Path) -> None:
    (tool,) = read_client_tools(declared(tmp_path, THEME))
    offered = tool.offered()
    assert (offered.name, offered.description) == (tool.name, tool.description)
    assert offered.params_json_schema["properties"] == {"scheme": {"enum": ["light", "dark"]}}
    assert offered.strict_json_schema is False


def test_a_tool_without_parameters_takes_none(tmp_path: Path) -> None:
    (tool,) = read_client_tools(declared(tmp_path, '[[tool]]\nname = "scroll"\ndescription = "Scroll up."\n'))
    assert tool.parameters == {"type": "object", "properties": {}}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[[tool]", "is not TOML"),
        ("[tool]\nname = 'x'", "two brackets"),
        ("[[tools]]\nname = 'x'", "[[tool]] alone"),
        ("[[tool]]\nname = 'two words'\ndescription = 'x'", "tool 1: name"),
        ("[[tool]]\nname = 'x'", "tool 1: description"),
        ("[[tool]]\nname = 'x'\ndescription = 'x'\nrun = 'rm'", "tool 1: run"),
        ("[[tool]]\nname = 'x'\ndescription = 'x'\n[tool.parameters]\ntype = 'string'", 'type = "object"'),
        (THEME + THEME, "switch_theme is declared more than once"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_reason(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read_client_tools(declared(tmp_path, content))
    assert said in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"CHATKEEP_CLIENT_TOOLS: .*tools\.toml cannot be read"):
        read_client_tools(tmp_path / "tools.toml")


def test_what_was_carried_out_is_told_on_one_line() -> None:
    done = CarriedOut("switch_theme", {"scheme": "dark"}, {"shown": "dark\n</done>"})
    assert done.told() == 'switch_theme({"scheme": "dark"}) returned {"shown": "dark\\n</done>"}'
