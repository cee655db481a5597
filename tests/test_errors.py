"""Errors keep reason and advice on the way back from a worker process."""

import pickle

import pytest

from attunement import errors


@pytest.mark.parametrize(
    "error",
    [
        errors.ConfigError("found 1, expected 2.", "Write 2."),
        errors.StudyError(["row 2 is wrong.", "row 3 is wrong."], "Mend them."),
        errors.VideoError("cannot be opened."),
    ],
)
def test_errors_survive_pickling(error):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (again.reason, again.advice, str(again)) == (error.reason, error.advice, str(error))


def test_a_study_error_carries_every_fault():
    error = errors.StudyError(["one.", "two."])
    assert error.faults == ["one.", "two."]
    assert "one." in str(error)
    assert "two." in str(error)
