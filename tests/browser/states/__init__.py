"""Every state that the element can be seen in, brought about on the stage."""

from tests.browser.states.answers import ANSWERS
from tests.browser.states.composer import COMPOSER
from tests.browser.states.conversation import CONVERSATION
from tests.browser.states.history import HISTORY
from tests.browser.states.state import State

STATES: dict[str, State] = {**CONVERSATION, **ANSWERS, **COMPOSER, **HISTORY}
