"""A model that was not validated is the one that validating would have given."""

import json
import pickle

from openai.types.responses import ResponseTextDeltaEvent

from chatkeep.core.trusted import trusted

FIELDS = {
    "type": "response.output_text.delta",
    "item_id": "msg_1",
    "output_index": 0,
    "content_index": 0,
    "delta": "Hello",
    "logprobs": [],
    "sequence_number": 3,
}


def test_it_behaves_as_the_validated_one() -> None:
    made, validated = trusted(ResponseTextDeltaEvent, dict(FIELDS)), ResponseTextDeltaEvent(**FIELDS)
    assert made == validated
    assert json.loads(made.model_dump_json(exclude_unset=True)) == FIELDS
    assert made.model_copy(deep=True) == validated
    assert pickle.loads(pickle.dumps(made)).delta == "Hello"  # noqa: S301 - our own bytes


def test_two_of_them_share_nothing_that_changes() -> None:
    first, second = (
        trusted(ResponseTextDeltaEvent, dict(FIELDS)),
        trusted(ResponseTextDeltaEvent, dict(FIELDS)),
    )
    first.delta = "Bye"
    assert second.delta == "Hello"
    assert second.model_fields_set == set(FIELDS)
