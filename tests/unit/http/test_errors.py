from chatkeep.core import errors
from chatkeep.http.errors import STATUS


def _tree(root: type[errors.ChatkeepError]) -> set[type[errors.ChatkeepError]]:
    return {root}.union(*(_tree(child) for child in root.__subclasses__()))


def test_every_error_has_a_status() -> None:
    assert set(STATUS) == _tree(errors.ChatkeepError)


def test_every_error_is_drawn_at_the_top_of_its_module() -> None:
    assert all(error.__name__ in (errors.__doc__ or "") for error in STATUS)
