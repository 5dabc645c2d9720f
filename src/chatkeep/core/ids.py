"""Ids: opaque to others, sortable by time for us.

An id is `<prefix>_` and 29 characters of Crockford base 32 in lower case: 48 bits of UTC milliseconds, then
97 random bits. Ids made later sort after ids made earlier (to the millisecond), and
guessing one is hopeless. The SDK's own eight hex digits collide after about 77,000 ids.
"""

import secrets
from collections.abc import Callable
from typing import NewType

from chatkeep.core.clock import Clock

TenantId = NewType("TenantId", str)
UserId = NewType("UserId", str)

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_RANDOM_BITS = 97
_LENGTH = (48 + _RANDOM_BITS) // 5

RandomBits = Callable[[int], int]


def new_id(prefix: str, clock: Clock, random_bits: RandomBits = secrets.randbits) -> str:
    """A fresh id such as `thr_06c8h9k2...`; `prefix` names the kind of thing."""
    milliseconds = int(clock.now().timestamp() * 1000)
    number = (milliseconds << _RANDOM_BITS) | random_bits(_RANDOM_BITS)
    digits = [_ALPHABET[(number >> shift) & 31] for shift in range(5 * (_LENGTH - 1), -1, -5)]
    return f"{prefix}_{''.join(digits)}"
