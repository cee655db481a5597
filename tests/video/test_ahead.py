import threading

import pytest

from attunement.video.ahead import N_AHEAD, read_ahead


def test_everything_comes_in_its_order():
    assert list(read_ahead(iter(range(100)))) == list(range(100))
    assert list(read_ahead(iter([]))) == []


def test_no_more_than_asked_for_is_computed_in_advance():
    computed = []

    def items():
        for k in range(50):
            computed.append(k)
            yield k

    ahead = read_ahead(items())
    for k, _ in enumerate(ahead):
        # In the thread's hand 1, and the one just taken.
        assert len(computed) <= k + N_AHEAD + 2


def test_an_error_comes_after_what_was_before_it():
    def items():
        yield from range(7)
        raise ValueError("broken")

    ahead = read_ahead(items())
    assert [next(ahead) for _ in range(7)] == list(range(7))
    with pytest.raises(ValueError, match="broken"):
        next(ahead)


def test_stopping_early_ends_the_thread_and_closes_the_source():
    closed = threading.Event()

    def items():
        try:
            yield from range(1000)
        finally:
            closed.set()

    source = items()
    ahead = read_ahead(source)
    assert next(ahead) == 0
    ahead.close()
    assert not [t for t in threading.enumerate() if t.name == "decoding"]
    source.close()
    assert closed.is_set()


def test_the_items_are_computed_in_another_thread():
    names = list(read_ahead(threading.current_thread().name for _ in range(3)))
    assert set(names) == {"decoding"}
