"""A contender that makes another document than the one expected is not timed but named."""

import pytest

from bench.digest import Digest, WrongAnswer
from bench.edits import opened, typed
from bench.merge.contenders import CONTENDERS, DOC_OBSERVED
from bench.merge.run import run_once
from bench.merge.work import Contender, Made, Work
from bench.stopwatch import Stopwatch
from bench.traces import generate

WORK = Work(None, typed(generate(50).edits))
EXPECTED = Digest.of_document(opened(WORK.updates))


def _forgets_the_last(work: Work, watch: Stopwatch) -> Made:
    right = CONTENDERS[DOC_OBSERVED](work, watch)
    return Made({"document": right.streams["document"][:-1]}, right.vector)


def _miscounts(work: Work, watch: Stopwatch) -> Made:
    right = CONTENDERS[DOC_OBSERVED](work, watch)
    return Made(right.streams, {client: clock + 1 for client, clock in right.vector.items()})


@pytest.mark.parametrize("name", CONTENDERS)
def test_every_contender_makes_the_document(name: str) -> None:
    assert run_once(CONTENDERS[name], name, WORK, EXPECTED).wall > 0


@pytest.mark.parametrize("wrong", [_forgets_the_last, _miscounts])
def test_a_wrong_answer_is_found(wrong: Contender) -> None:
    with pytest.raises(WrongAnswer, match="the fast one"):
        run_once(wrong, "the fast one", WORK, EXPECTED)
