import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from attunement import schema, validation
from attunement.cli import app
from attunement.errors import ConfigError
from attunement.faces.geometry import distances, interocular_px
from attunement.simulation import simulate_dyad
from attunement.validation.difficulties import HIDDEN, HOW, change
from attunement.validation.faces import lively_faces
from attunement.validation.landmarks import measured
from attunement.validation.properties import correlation_row, figure_row, mean_row, share_row
from attunement.validation.simulated import LONG, SHORT
from attunement.validation.variants import variants


def p_values(hits, n):
    return pd.Series([0.01] * hits + [0.5] * (n - hits))


@pytest.mark.parametrize(
    ("hits", "n", "passed"),
    [
        (20, 400, "yes"),
        (40, 400, "no"),
        (2, 400, "no"),
        (1, 12, "open"),
        (3, 10, "open"),  # its 95 % interval lies above the bound, as it may by chance
        (12, 12, "no"),
    ],
)
def test_a_share_is_judged_by_its_figure_or_by_its_interval(hits, n, passed):
    row = share_row("x", p_values(hits, n), bounds=(0.02, 0.08), wanted=400)
    assert row.passed == passed
    assert row.found == hits / n
    assert row.low <= row.found <= row.high
    assert row.required == ".02 to .08"


def test_missing_p_values_are_left_out_and_counted():
    row = share_row("x", pd.Series([0.01, np.nan, 0.3]), bounds=None, wanted=2)
    assert (row.n, row.found, row.passed) == (2, 0.5, "-")
    assert "1 without p" in row.note


def test_correlations_are_judged():
    x = pd.Series(np.arange(60.0))
    noise = pd.Series(np.random.default_rng(0).standard_normal(60))
    assert correlation_row("x", x, x + noise, bounds=(0.9, 1.0), wanted=60).passed == "yes"
    assert correlation_row("x", x, noise, bounds=(0.9, 1.0), wanted=60).passed == "no"
    leak = correlation_row("x", x, -x + noise, bounds=(-np.inf, 0.15), wanted=60, absolute=True)
    assert leak.passed == "no"
    assert 0.9 < leak.low < leak.found < leak.high <= 1
    few = correlation_row("x", x[:9], noise[:9], bounds=(-np.inf, 0.15), wanted=60, absolute=True)
    assert few.passed == "open"


def test_a_mean_is_judged_by_its_interval():
    values = pd.Series(np.random.default_rng(1).standard_normal(50))
    asked = {"required_zero": True, "wanted": 50}
    assert mean_row("x", values - values.mean(), **asked).passed == "yes"
    assert mean_row("x", values + 2, **asked).passed == "no"
    assert mean_row("x", values[:40] + 2, **asked).passed == "open"
    assert mean_row("x", values[:1], **asked).passed == "open"


@pytest.mark.parametrize("how", HOW)
def test_a_difficulty_changes_what_it_says(how):
    # Only a dyad with a smile has cues.
    settings = {"infant": "events"} if how == "slow_cue" else {}
    signals, _ = simulate_dyad(duration_s=60, seed=1, **settings)
    before = signals.copy()
    found = change(signals, how, seed=1)
    pd.testing.assert_frame_equal(signals, before)
    lost = found["valence"].isna().mean()
    assert lost == pytest.approx(HIDDEN.get(how, 0) / 2, abs=0.01)
    assert (found["usable"] == found["valence"].notna()).all()
    if how.startswith("follows"):
        infant = found["person"] == "infant"
        caregiver = (found["valence"] - before["valence"])[~infant].to_numpy()
        other = np.clip(found.loc[infant, "valence"], *((0, None) if "pos" in how else (None, 0)))
        np.testing.assert_allclose(caregiver[10:], 0.4 * other.to_numpy()[:-10], atol=1e-9)
    if how == "steps":
        assert set(found["valence"].unique()) <= {-2, -1, 0, 1, 2}
    if how == "slow_cue":
        caregiver = found.loc[found["person"] == "caregiver"]
        own = (caregiver["brow_raise"] - caregiver["smile"] / 2).to_numpy(float)
        assert 0.95 < np.corrcoef(own[1:], own[:-1])[0, 1] < 1
        assert found.loc[found["person"] == "infant", "brow_raise"].isna().all()
    if how == "codes":
        assert set(found["valence"].unique()) == {0, 2}
    if how == "bursty":
        assert (found["valence"] == 0).mean() > 0.7
    if how == "swap":
        pd.testing.assert_frame_equal(change(found, how, seed=1), signals)
    pd.testing.assert_frame_equal(found, change(signals, how, seed=1))


def test_one_group_in_two_workers_and_from_the_cache_gives_the_same(tmp_path):
    alone = validation.validate(only="swapping")
    told = []
    shared = validation.validate(only="swapping", workers=2, cache=tmp_path, told=told.append)
    pd.testing.assert_frame_equal(alone, shared)
    assert [row.property for row in told] == shared["property"].tolist()
    kept = {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    assert len(kept) == 2
    again = validation.validate(only="swapping", cache=tmp_path)
    pd.testing.assert_frame_equal(alone, again)
    assert {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()} == kept
    assert (alone["passed"] == "yes").all()
    assert list(alone.columns) == list(validation.COLUMNS)


def test_variants_of_simulation_b_are_told_apart_by_what_is_asked_of_them():
    asked = []

    def run(jobs):
        asked.extend(jobs)
        rng = np.random.default_rng(len(asked))
        names = ("markedness", "markedness_without_mouth", "mirroring", "cue_mouth_opening")
        table = {name: rng.standard_normal(len(jobs)) for name in names}
        table |= {"rho": [job["mirroring"] for job in jobs], "kappa": [j["marking"] for j in jobs]}
        return pd.DataFrame(table)

    assert list(variants(run, SHORT)) == []
    rows = list(variants(run, LONG))
    assert len(asked) == 4 * LONG.planted
    assert [row.required for row in rows if "|" not in row.property] == ["reported"] * 9
    # The mouth is known to hear speech; nothing else may hear what is not its own.
    assert [row.required for row in rows if "|" in row.property].count("< .15") == 10
    for part in asked[: LONG.planted], asked[-LONG.planted :]:
        planted = np.array([(job["mirroring"], job["marking"]) for job in part])
        assert np.abs(np.corrcoef(planted.T)[0, 1]) < 0.02
    for at in (0, LONG.planted, 2 * LONG.planted):
        signals, _ = simulate_dyad(**asked[at] | {"duration_s": 20.0})
        assert signals["brow_raise"].notna().any()


def test_the_name_of_a_group_asks_for_that_group_alone(monkeypatch):
    def one(name):
        return lambda *_: iter([figure_row(name, 0.0, required="", good=True, n=1)])

    monkeypatch.setattr("attunement.validation.simulated.separability", one("B"))
    monkeypatch.setattr("attunement.validation.run.variants", one("variants"))
    asked = {"simulation B": ["B"], "simulation B variants": ["variants"],
             "simulation": ["B", "variants"]}  # fmt: skip
    for only, names in asked.items():
        assert validation.validate(only=only)["property"].tolist() == names


def test_a_turned_head_and_a_moved_face(tmp_path):
    found = validation.validate(only="faces")
    assert (found["passed"] == "yes").all(), validation.to_text(found)


@pytest.mark.parametrize(("scale_px", "shift_px"), [(60.0, (0.0, 0.0)), (210.0, (900.0, -40.0))])
def test_landmarks_show_the_faces_they_are_made_from(scale_px, shift_px):
    faces = lively_faces().iloc[::97]
    found = measured(faces, scale_px=scale_px, shift_px=shift_px)
    names = [*schema.POSE, *schema.GEOMETRY]
    np.testing.assert_allclose(found[names], faces[names], atol=1e-9)
    other = faces.columns.difference([*names, *schema.BOX, "interocular_px"])
    pd.testing.assert_frame_equal(found[other], faces[other])
    straight = found["yaw_deg"].abs() < 1
    assert found.loc[straight, "interocular_px"].to_numpy() == pytest.approx(scale_px, rel=0.02)


def test_a_measure_that_grows_with_the_face_would_be_seen(monkeypatch):
    def in_pixels(landmarks, rotation):
        return np.multiply(distances(landmarks, rotation), interocular_px(landmarks) / 100)

    monkeypatch.setattr("attunement.validation.landmarks.distances", in_pixels)
    found = validation.validate(only="faces")
    assert found["passed"].tolist() == ["yes", "no"]


def test_the_command_prints_the_table_and_says_how_it_went():
    result = CliRunner().invoke(app, ["validate", "--only", "faces"])
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].startswith("| property | required | found")
    assert lines[2].startswith("| head turned")
    assert lines[-1].endswith("0 open (too few dyads to say), 0 reported only.")


def test_without_the_coded_sessions_it_says_so(monkeypatch):
    monkeypatch.setattr("attunement.validation.run.find_codes", lambda: None)
    found = validation.validate(only="coded")
    assert found["note"].tolist() == ["data not here"]
    assert found["passed"].tolist() == ["-"]


@pytest.mark.parametrize(
    ("options", "says"),
    [({"only": "luck"}, "No group of checks holds 'luck'"), ({"codes": "no.csv"}, "is not a file")],
)
def test_wrong_use_is_refused(options, says):
    with pytest.raises(ConfigError, match=says):
        validation.validate(**options)


@pytest.mark.slow
def test_the_short_look_contradicts_no_property():
    found = validation.validate()
    text = validation.to_text(found)
    assert not (found["passed"] == "no").any(), text
    names = " ".join(found["property"])
    for part in ("false positives", "power", "lag", "r(mirroring, rho)", "attuned_share",
                 "removed", "swapping", "head turned", "split halves"):  # fmt: skip
        assert part in names
