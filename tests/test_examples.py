"""The example in the docstring of every public name runs and gives what it shows."""

import doctest
import inspect
from types import ModuleType

import pytest

import attunement


def _callables(module: ModuleType = attunement) -> dict[str, object]:
    """Return the public functions and classes by the name of the room that lists them."""
    listed = {}
    for name in module.__all__:
        value = getattr(module, name)
        if isinstance(value, ModuleType):
            listed |= _callables(value)
        elif callable(value) and not _is_plain_error(value):
            listed[f"{value.__module__}.{name}"] = value
    return listed


def _is_plain_error(value: object) -> bool:
    # What an error holds, and how it is shown, is told once, where all of them come from.
    kinds = attunement.errors.AttunementError
    return inspect.isclass(value) and issubclass(value, kinds) and value is not kinds


PUBLIC = _callables()


def _examples(name: str) -> doctest.DocTest:
    text = inspect.getdoc(PUBLIC[name]) or ""
    _, _, shown = text.partition("Examples\n--------\n")
    return doctest.DocTestParser().get_doctest(shown, {}, name, None, None)


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_the_example_gives_what_it_shows(name: str, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told: list[str] = []
    ran = doctest.DocTestRunner(verbose=False).run(_examples(name), out=told.append)
    assert ran.failed == 0, "".join(told)
