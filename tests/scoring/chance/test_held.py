"""Phase surrogates are refused where they are none: of codes and step series."""

import numpy as np
import pytest

from attunement.config import Config
from attunement.errors import TableError
from attunement.scoring import multiverse, score_session
from attunement.scoring.chance.held import held_share
from attunement.simulation import simulate_dyad
from attunement.validation.difficulties import change

PHASE = Config.model_validate({"scoring": {"surrogate": "phase", "n_surrogates": 50}})
SAYS = (
    r"Session 'simulated-1': `phase` surrogates are for channels that change all the time, and "
    r"`valence` of the (infant|caregiver) holds its value in 9\d% of the samples, as codes do"
)


@pytest.fixture(params=["codes", "steps"])
def coded(request):
    signals, _ = simulate_dyad(duration_s=60, seed=1)
    return change(signals, request.param, seed=1)


def test_of_codes_and_steps_a_session_has_none(coded):
    with pytest.raises(TableError, match=SAYS) as refused:
        score_session(coded, PHASE)
    assert 'surrogate = "circular"' in str(refused.value)


def test_nor_has_a_multiverse(coded):
    with pytest.raises(TableError, match=SAYS) as refused:
        multiverse(coded, windows_s=[5], max_lags_s=[2], n_surrogates=50)
    assert 'surrogates=["circular", "segment"]' in str(refused.value)
    asked = {"windows_s": [5], "max_lags_s": [2], "n_surrogates": 50}
    table = multiverse(coded, surrogates=["circular", "segment"], **asked)
    assert set(table["surrogate"]) == {"circular", "segment"}


def test_one_coded_partner_suffices():
    signals, _ = simulate_dyad(duration_s=60, seed=1)
    codes = change(signals, "codes", seed=1)
    infant = signals["person"] == "infant"
    mixed = signals.assign(valence=signals["valence"].where(infant, codes["valence"]))
    with pytest.raises(TableError, match="of the caregiver holds its value"):
        score_session(mixed, PHASE)


def test_a_face_that_moves_has_them():
    signals, _ = simulate_dyad(duration_s=60, seed=1, missing_share=0.2)
    assert np.isfinite(score_session(signals, PHASE).by_session["mirroring_p"].iloc[0])


@pytest.mark.parametrize(
    ("series", "share"),
    [
        ([1.0, 1.0, 1.0, 2.0, 2.0], 0.75),
        ([1.0, np.nan, 1.0, 2.0], 0.0),
        ([3.0, 3.0, 3.0], 0.0),
        ([np.nan, np.nan], 0.0),
    ],
)
def test_what_is_held_is_counted_between_samples_that_are_there(series, share):
    assert held_share(np.array(series)) == share
