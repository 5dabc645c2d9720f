import dataclasses

import pytest

from chatkeep.core.context import LOCAL_TENANT, LOCAL_USER, RequestContext, local_context


def test_without_login_everybody_is_the_local_user_of_the_local_tenant() -> None:
    assert local_context("req_1") == RequestContext(LOCAL_TENANT, LOCAL_USER, "req_1")


def test_a_context_cannot_be_turned_into_another_persons() -> None:
    context = local_context("req_1")
    with pytest.raises(dataclasses.FrozenInstanceError):
        context.user = "somebody else"  # type: ignore[misc,assignment]
