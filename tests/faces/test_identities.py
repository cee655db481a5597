"""Several people, or several numbers of one, in a table of another program."""

import numpy as np
import pandas as pd
import pytest

from attunement import faces
from attunement.config import Config
from attunement.errors import FacesError, StudyError
from attunement.faces.backends.table import read_table_and_clock
from attunement.study import Clock, Partner, Session, read_study

N = 200


def smile(seed):
    return np.round(np.abs(np.random.default_rng(seed).normal(size=N)).clip(0, 5), 2)


def openface(ids, values):
    return pd.DataFrame(
        {
            "frame": np.arange(1, N + 1),
            " face_id": ids,
            " timestamp": np.round(np.arange(N) / 25, 3),
            " confidence": 0.98,
            " success": 1,
            " AU12_r": values,
            " AU25_r": values[::-1],
        }
    )


def py_feat(ids, values):
    return pd.DataFrame(
        {
            "FaceScore": np.where(np.equal(ids, ""), np.nan, 0.99),
            "AU12": values / 5,
            "frame": np.arange(N),
            "Identity": ids,
        }
    )


def facereader(ids, values):
    return pd.DataFrame(
        {
            "Video Time": [f"00:00:{k / 25:06.3f}" for k in range(N)],
            "Participant Name": ids,
            "Analysis Index": "Analysis 1",
            "Action Unit 12 - Lip Corner Puller": values / 5,
        }
    )


@pytest.fixture
def read(tmp_path):
    def of(table, table_id="", name="infant.csv", person="infant"):
        table.to_csv(tmp_path / name, index=False)
        return read_table_and_clock(
            tmp_path / name, session="s", person=person, rate_hz=25, table_id=table_id
        )[0]

    return of


HALVES = {
    openface: (0, 1),
    py_feat: ("Person_0", "Person_1"),
    facereader: ("Participant 1", "Participant 2"),
}


@pytest.fixture(params=list(HALVES), ids=lambda program: program.__name__)
def halves(request):
    """A table whose second half is of somebody else, and what it calls the two."""
    first, second = HALVES[request.param]
    ids = np.where(np.arange(N) < N * 3 // 4, str(first), str(second))
    return request.param(ids, smile(1)), str(first), str(second)


def test_two_people_who_never_share_a_frame_are_named_and_one_is_asked_for(read, halves):
    table, first, second = halves
    with pytest.raises(FacesError) as error:
        read(table)
    assert f"infant.csv holds 2 identities in its column {said(table)}" in error.value.reason
    assert f"{first} (150 rows, 75 %, 0:00 to 0:06)" in error.value.reason
    assert f"{second} (50 rows, 25 %, 0:06 to 0:08)" in error.value.reason
    assert "never share a frame" in error.value.reason
    assert f"infant_table_id = {first}" in error.value.advice
    assert f"{first}|{second}" in error.value.advice


def said(table):
    names = [str(name).strip() for name in table]
    return next(name for name in ("face_id", "Identity", "Participant Name") if name in names)


def test_the_one_that_is_chosen_is_missing_where_only_the_other_is_seen(read, halves):
    table, first, second = halves
    for chosen, seen in ((first, np.arange(N) < 150), (second, np.arange(N) >= 150)):
        one = read(table, table_id=chosen)
        assert len(one) == N
        np.testing.assert_array_equal(one["status"] == "ok", seen)
        np.testing.assert_array_equal(one["AU12"].notna(), seen)
        assert one["AU12"][seen].to_numpy() == pytest.approx(smile(1)[seen] / 5)


@pytest.mark.parametrize("said", ["{0}|{1}", " {1} | {0} ", "all", "All"])
def test_several_identities_can_be_one_person(read, halves, said):
    table, first, second = halves
    one = read(table, table_id=said.format(first, second))
    assert (one["status"] == "ok").all()
    assert one["AU12"].to_numpy() == pytest.approx(smile(1) / 5)


def test_a_spreadsheet_may_write_0_as_0_0(read):
    table = openface(np.arange(N) % 2, smile(1))
    assert (read(table, table_id="0.0")["status"] == "ok").sum() == N // 2


@pytest.mark.parametrize(
    "table",
    [
        openface(0, smile(1)),
        openface(3, smile(1)),
        py_feat("Person_0", smile(1)),
        # Rows without a face have no identity.
        py_feat(np.where(np.arange(N) % 5 == 0, "", "Person_0"), smile(1)),
        facereader("Participant 1", smile(1)),
        facereader("Participant 1", smile(1)).assign(Identity="NO IDENTIFICATION"),
        openface(0, smile(1)).drop(columns=" face_id"),
    ],
)
def test_one_identity_is_not_asked_about(read, table):
    assert (read(table)["status"] == "ok").sum() >= N * 4 // 5


def test_a_number_that_only_failed_rows_carry_is_nobody(read):
    table = openface(np.where(np.arange(N) < 20, 1, 0), smile(1))
    table[" success"] = (np.arange(N) >= 20).astype(int)
    assert list(read(table)["status"]) == ["no_face"] * 20 + ["ok"] * (N - 20)


def both_in_every_frame():
    first, second = openface(0, smile(1)), openface(1, smile(2))
    return pd.concat([first, second]).sort_values("frame", kind="stable", ignore_index=True)


def test_people_who_share_frames_are_told_apart(read):
    with pytest.raises(FacesError, match=r"2 identities.*200 frames show several of them"):
        read(both_in_every_frame())
    for chosen, seed in (("0", 1), ("1", 2)):
        one = read(both_in_every_frame(), table_id=chosen)
        assert (one["status"] == "ok").all()
        assert one["AU12"].to_numpy() == pytest.approx(smile(seed) / 5)
        assert one["time_s"].is_monotonic_increasing


@pytest.mark.parametrize("wanted", ["0|1", "all"])
def test_those_who_share_frames_are_not_one_person(read, wanted):
    with pytest.raises(FacesError, match=r"infant_table_id.*in one frame, in 200 of.*frame 1"):
        read(both_in_every_frame(), table_id=wanted)


def test_recordings_of_two_people_one_below_the_other(read):
    table = pd.concat([openface(0, smile(1)), openface(1, smile(2))], ignore_index=True)
    table = table.drop(index=range(150))  # the first one is seen late
    for chosen, seed, n_rows in (("0", 1, 50), ("1", 2, N)):
        one = read(table, table_id=chosen)
        seen = one[one["status"] == "ok"]
        assert seen["AU12"].to_numpy() == pytest.approx(smile(seed)[-n_rows:] / 5)
        assert one["time_s"].is_monotonic_increasing


def test_an_identity_that_is_not_there(read):
    with pytest.raises(FacesError, match=r"no identity 'Person_0', which infant_table_id names.*0"):
        read(openface(0, smile(1)), table_id="Person_0")
    with pytest.raises(FacesError, match="none of its columns tells people apart"):
        read(openface(0, smile(1)).drop(columns=" face_id"), table_id="1")
    two = pd.concat([openface("Person_0", smile(1)), openface("Person_1", smile(2))])
    with pytest.raises(FacesError, match="Did you mean 'Person_1'"):
        read(two, table_id="person 1")
    with pytest.raises(FacesError, match="no identity 'Person_2'") as refused:
        read(two, table_id="Person_2")
    assert "mean" not in refused.value.advice


def test_a_face_that_flickers_through_many_identities_is_told_in_short(read):
    ids = [f"Person_{k // 10}" for k in range(N)]
    with pytest.raises(FacesError, match=r"holds 20 identities.*and 14 others \(140 rows\)"):
        read(py_feat(ids, smile(1)))


def session_of(caregiver, infant, caregiver_id="", infant_id=""):
    return Session(
        "s", "s", "s", "two_files",
        Partner("caregiver", table=caregiver, table_id=caregiver_id),
        Partner("infant", table=infant, table_id=infant_id),
        clock=Clock(),
    )  # fmt: skip


def test_one_table_holds_both_persons(tmp_path):
    path = tmp_path / "both.csv"
    both_in_every_frame().to_csv(path, index=False)
    table = faces.extract_faces(session_of(path, path, "1", "0"), Config())
    for person, seed in (("caregiver", 2), ("infant", 1)):
        own = table[table["person"] == person]
        assert own["AU12"].to_numpy() == pytest.approx(smile(seed) / 5)


def test_one_face_does_not_stand_for_both_persons(tmp_path):
    one, copy, other = (tmp_path / name for name in ("one.csv", "copy.csv", "other.csv"))
    openface(0, smile(1)).to_csv(one, index=False)
    openface(0, smile(1)).iloc[:150].to_csv(copy, index=False)
    openface(0, smile(2)).to_csv(other, index=False)
    with pytest.raises(FacesError, match=r"one\.csv and copy\.csv hold the same .* 150 rows"):
        faces.extract_faces(session_of(one, copy), Config())
    assert len(faces.extract_faces(session_of(one, other), Config())) == 2 * N


def test_what_is_chosen_is_part_of_what_tracks_depend_on(tmp_path):
    path = tmp_path / "both.csv"
    both_in_every_frame().to_csv(path, index=False)
    one, other = (
        faces.tracks_fingerprint(session_of(path, path, *ids), Config())
        for ids in (("0", "1"), ("1", "0"))
    )
    assert one != other


def study_of(tmp_path, columns, row):
    (tmp_path / "study.toml").write_text("")
    for name in ("c.csv", "i.csv"):
        openface(0, smile(1)).to_csv(tmp_path / name, index=False)
    (tmp_path / "b.mp4").write_bytes(b"1")
    (tmp_path / "sessions.csv").write_text(f"session,layout,{columns}\n1,two_files,{row}\n")
    return read_study(tmp_path / "study.toml")


TABLES = "caregiver_table,infant_table,caregiver_table_id,infant_table_id"


def test_the_manifest_says_whose_rows_are_whose(tmp_path):
    (session,) = study_of(tmp_path, TABLES, "c.csv,c.csv,1,0|2").sessions
    assert (session.caregiver.table_id, session.infant.table_id) == ("1", "0|2")
    assert dict(session.covariates) == {}


@pytest.mark.parametrize(
    ("columns", "row", "expected"),
    [
        (TABLES, "c.csv,c.csv,0|1,1", "caregiver_table_id has.*but 1 stands in both"),
        (TABLES, "c.csv,c.csv,all,1", "but all stands in both"),
        (
            "caregiver_table,infant_video,infant_table_id",
            "c.csv,b.mp4,0",
            "no infant_table that it is said of",
        ),
    ],
)
def test_faults_of_what_the_manifest_says(tmp_path, columns, row, expected):
    with pytest.raises(StudyError, match=expected):
        study_of(tmp_path, columns, row)


def test_only_what_can_be_one_person_is_proposed(read):
    first, second = openface(0, smile(1)), openface(1, smile(2))
    first.loc[100:, " face_id"] = 2
    table = pd.concat([first, second]).sort_values("frame", kind="stable", ignore_index=True)
    with pytest.raises(FacesError) as error:
        read(table)
    assert "joined" not in error.value.advice
    assert "all" not in error.value.advice
    with pytest.raises(FacesError) as error:
        read(table.drop(table.index[(table[" face_id"] == 1) & (table["frame"] > 60)]))
    assert "infant_table_id = 0, several joined as 0|2" in error.value.advice


def test_faces_that_nothing_tells_apart_are_named_with_the_column_that_would(read):
    table = both_in_every_frame().drop(columns=" face_id")
    with pytest.raises(FacesError, match=r"several rows for 0\.000 s") as error:
        read(table)
    assert "one with face_id, of which infant_table_id chooses" in error.value.advice


def test_a_session_shows_what_is_said_of_its_tables(tmp_path):
    path = tmp_path / "both.csv"
    shown = " ".join(str(session_of(path, path, "1", "0|2")).split())
    assert "both.csv; identity 1 infant" in shown
    assert "both.csv; identity 0|2 clock" in shown
