"""Two bots, each with an endpoint of its own."""

import pytest

from tests.handover.botapi.bot import Bot, make_bot


@pytest.fixture
def bot(db: None) -> Bot:
    return make_bot("shop")


@pytest.fixture
def stranger(db: None) -> Bot:
    return make_bot("another shop")
