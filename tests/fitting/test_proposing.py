"""What is proposed of messy spreadsheets, and that it runs unchanged and finds what is there."""

import tomllib

import numpy as np
import pandas as pd
import pytest

from attunement.errors import ConfigError, OutputError, StudyError
from attunement.fitting import fit_study, place_proposal, propose_association
from attunement.study import read_study
from attunement.study.files import write_csv
from attunement.study.template import study_toml

N = 60
NUMBERS = [f"{k:03d}" for k in range(1, N + 1)]


class Place:
    """A study of 60 dyads with results, and what its outcomes are in truth."""

    def __init__(self, folder, ids, **further):
        rng = np.random.default_rng(5)
        self.folder, self.ids, self.rng = folder, ids, rng
        self.mirroring = rng.normal(size=N)
        (folder / "video.mp4").write_text("x")
        (folder / "study.toml").write_text(study_toml())
        rows = pd.DataFrame({"session": ids, "layout": "one_frame", "video": "video.mp4"})
        rows.assign(**further).to_csv(folder / "sessions.csv", index=False)
        scores = pd.DataFrame({"dyad": ids, "session": ids, "family": ids, "n_scorable": 100})
        scores = scores.assign(mirroring=self.mirroring, **further)
        (folder / "results").mkdir()
        write_csv(scores, folder / "results" / "scores.csv")
        self.sensitivity = np.round(5 + self.mirroring + rng.normal(size=N), 2)
        self.secure = self.mirroring + rng.logistic(size=N) > 0

    def propose(self, **options):
        options = {"out": self.folder / "results", **options}
        return propose_association(read_study(self.folder), **options)

    def propose_and_fit(self):
        """Put the proposal into study.toml as it is, and fit."""
        proposal = self.propose()
        study = read_study(self.folder)
        assert place_proposal(study.path, proposal.text) == study.path
        fitted = fit_study(read_study(self.folder), self.folder / "results")
        assert fitted.refused == {}
        return tomllib.loads(proposal.text)["association"], fitted

    def slope(self, values):
        """Return the slope of mirroring by least squares, where there are values."""
        y = np.asarray(values, dtype=float)
        use = np.isfinite(y)
        return np.polyfit(self.mirroring[use], y[use], 1)[0]


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path, NUMBERS)


def comma(number):
    return str(number).replace(".", ",")


def test_a_german_csv_with_codes_words_and_lost_zeros(place):
    truth = place.sensitivity.copy()
    truth[[3, 10, 11]] = np.nan
    rated = [comma(x) for x in place.sensitivity]
    rated[3], rated[10], rated[11] = "999", "k.A.", ""
    bond = np.where(place.secure, "B", np.where(place.rng.random(N) < 0.5, "A", "C"))
    bond[7] = "?"
    days, ended = place.rng.integers(1, 90, N), place.rng.integers(0, 2, N)
    lines = ["VP-Nr;Feinfühligkeit;Bindung;Alter (Monate);Tage bis Abbruch;Abbruch;Notiz;Datum"]
    for k in range(N):
        age = comma(round(6 + k / 40, 1))
        note, date = f"müde {k}" if k % 9 == 0 else "", f"{k % 27 + 1:02d}.03.2024"
        lines.append(f"{k + 1};{rated[k]};{bond[k]};{age};{days[k]};{ended[k]};{note};{date}")
    lines += [";;;;;;;", "99;5,1;B;7,1;3;1;;01.03.2024"]
    (place.folder / "Fragebogen.csv").write_text("\n".join(lines), encoding="utf-8-sig")

    declared, fitted = place.propose_and_fit()

    assert declared["outcomes_file"] == "Fragebogen.csv"
    assert declared["key"] == {"study": "dyad", "outcomes": "VP-Nr"}
    assert declared["ids"] == "alike"
    assert declared["outcomes"] == ["Feinfühligkeit", "Bindung", "Tage bis Abbruch"]
    assert declared["kinds"] == {
        "Feinfühligkeit": "continuous", "Bindung": "unordered", "Tage bis Abbruch": "time"
    }  # fmt: skip
    assert declared["events"] == {"Tage bis Abbruch": "Abbruch"}
    assert set(declared["missing_values"]["Feinfühligkeit"]) == {999, "k.A."}
    assert declared["missing_values"]["Bindung"] == ["?"]
    assert "primary" not in declared
    first = fitted.table.iloc[0]
    assert first["n_dyads"] == N - 3
    assert first["estimate"] == pytest.approx(place.slope(truth))
    assert fitted.unmatched["id"].tolist() == ["99"]


def test_a_workbook_with_other_ids_spellings_and_a_typing_error(tmp_path):
    place = Place(tmp_path, [f"s-{k:02d}" for k in range(1, N + 1)])
    truth = np.clip(np.round(place.sensitivity), 1, 9)
    rated = truth.copy()
    rated[[2, 8]], truth[[2, 8, 20]] = -99, np.nan
    secure = ["Secure" if s else "insecure" for s in place.secure]
    secure[int(np.flatnonzero(place.secure)[0])] = "secure "
    age = place.rng.integers(90, 130, N)
    age[9] = 999
    pd.DataFrame(
        {
            " ID ": [f"S{k:02d}" if k != 21 else "S2l" for k in range(1, N + 1)],
            "Maternal sensitivity (1-9)": rated,
            "attachment": secure,
            "distress": place.rng.choice(["never", "sometimes", "often"], N),
            "n episodes": place.rng.poisson(2, N),
            "infant age days": age,
            "site": place.rng.integers(1, 4, N),
            "date": pd.Timestamp("2024-03-01"),
        }
    ).to_excel(tmp_path / "outcomes.xlsx", index=False)

    declared, fitted = place.propose_and_fit()

    assert declared["key"] == {"study": "dyad", "outcomes": "ID"}
    assert declared["kinds"] == {
        "Maternal sensitivity (1-9)": "continuous", "attachment": "binary", "distress": "ordered",
        "n episodes": "count", "site": "categorical",
    }  # fmt: skip
    assert declared["levels"]["distress"] == ["never", "sometimes", "often"]
    assert declared["levels"]["attachment"] in (["insecure", "Secure"], ["Secure", "insecure"])
    assert declared["missing_values"]["infant age days"] == [999]
    text = (tmp_path / "study.toml").read_text()
    assert '# In the study only: "s-21" (meant: "S2l"?).' in text
    assert '# covariates = ["infant age days", "site"]' in text
    assert '"date": dates' in text
    first = fitted.table.iloc[0]
    assert (first["n_dyads"], first["n_left_out"]) == (N - 3, 3)
    assert first["estimate"] == pytest.approx(place.slope(truth))


def test_what_is_proposed_to_be_held_constant_runs_when_it_is_asked_for(tmp_path):
    place = Place(tmp_path, NUMBERS)
    pd.DataFrame(
        {"dyad": NUMBERS, "sensitivity": place.sensitivity,
         "infant_age": place.rng.integers(90, 130, N), "sex": place.rng.choice(["m", "f"], N),
         "site": place.rng.integers(1, 4, N), "siblings": place.rng.integers(0, 4, N)}
    ).to_csv(tmp_path / "outcomes.csv", index=False)  # fmt: skip
    proposal = place.propose()
    assert '["offered"] alone as covariates' in proposal.text.replace("\n# ", " ")
    text = proposal.text.replace("# covariates =", "covariates =")
    assert tomllib.loads(text)["association"]["covariates"] == [
        "infant_age", "sex", "site", "siblings"
    ]  # fmt: skip
    (tmp_path / "study.toml").write_text(text)
    fitted = fit_study(read_study(tmp_path), tmp_path / "results")
    terms = fitted.results["sensitivity", "mirroring"].table["term"].tolist()
    assert {"infant_age", "sex[m]", "site[3]", "siblings"} <= set(terms)


def test_the_manifests_own_columns_where_there_is_no_file(tmp_path):
    rated = [f"{x:.1f}" for x in np.linspace(2, 8, N)]
    place = Place(tmp_path, NUMBERS, sensitivity=rated, hugs=["yes", "no", "yes"] * (N // 3))
    declared, fitted = place.propose_and_fit()
    assert "outcomes_file" not in declared
    assert declared["kinds"] == {"sensitivity": "continuous", "hugs": "binary"}
    assert declared["levels"] == {"hugs": ["no", "yes"]}
    assert fitted.table["n_dyads"].tolist() == [N, N]


def test_cells_that_are_no_numbers_and_columns_that_no_model_can_take(place):
    cortisol = [f"{x:.2f}" for x in np.exp(place.mirroring)]
    cortisol[3] = cortisol[5] = "<0.1"
    pd.DataFrame(
        {"row": range(1, N + 1), "dyad": NUMBERS, "session": 1, "family": NUMBERS,
         "cortisol": cortisol, "comment": [f"note {k}" for k in range(N)], "empty": None,
         "share": [f"{k}%" for k in range(N)], "mixed": [*(f"{k}%" for k in range(N - 1)), "7"],
         "congruence": 1.5, "same": 4,
         'He said "x" = [1]': place.rng.choice(["A", "B", "C"], N)}
    ).to_csv(place.folder / "lab.csv", index=False)  # fmt: skip
    declared, fitted = place.propose_and_fit()
    assert declared["outcomes"] == ["cortisol", "share", 'He said "x" = [1]']
    assert declared["missing_values"] == {"cortisol": ["<0.1"]}
    text = (place.folder / "study.toml").read_text()
    for part in (
        '"row": it numbers the rows',
        '"comment": 60 different texts',
        '"empty": it is empty',
        "no percent sign: write all numbers alike",
        '"congruence": the scores have a column of this name',
        '"same": constant: 4',
        "'<0.1' in 2 cells: no number; below",
    ):
        assert part in " ".join(text.replace("\n#", "").split()), part
    assert fitted.table["n_dyads"].iloc[0] == N - 2


@pytest.mark.parametrize(
    ("mark", "sep"), [(".", ";"), (",", ";"), (".", "\t"), (",", "\t"), (".", ",")]
)
def test_thousands_beside_whole_numbers_are_neither_proposed_nor_fitted(place, mark, sep):
    pay = np.round(1100 + 400 * place.mirroring).clip(120).astype(int)
    written = [f"{x:,}".replace(",", mark) for x in pay]
    table = pd.DataFrame({"ID": place.ids, "pay": written, "mood": place.sensitivity})
    table.to_csv(place.folder / "outcomes.csv", index=False, sep=sep)
    proposal = place.propose()
    told = tomllib.loads(proposal.text)["association"]
    assert told["outcomes"] == ["mood"]
    assert "missing_values" not in told
    assert "two ways beside" in " ".join(proposal.text.replace("\n#", " ").split())
    text = proposal.text.replace('"mood"', '"pay"').replace("kinds.mood", "kinds.pay")
    place_proposal(place.folder / "study.toml", text)
    fitted = fit_study(read_study(place.folder), place.folder / "results")
    assert "can be read in two ways beside" in fitted.refused["pay", "mirroring"]


def test_categories_and_numbers_of_rows_that_match_nothing_do_not_count(place):
    ids = [*NUMBERS, "901", "902"]
    pd.DataFrame(
        {"dyad": ids, "class": [*place.rng.choice(["A", "B", "C"], N), "D", "D"]}
    ).to_csv(place.folder / "outcomes.csv", index=False)  # fmt: skip
    declared, _ = place.propose_and_fit()
    assert sorted(declared["levels"]["class"]) == ["A", "B", "C"]


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("sensitivity", [1.5, 2.25, 4.0, 6.0], "continuous"),
        ("rating", [1, 2, 3, 4], "ordered"),
        ("total score", list(range(20, 60)), "continuous"),
        ("n_smiles", [0, 1, 2, 3, 4, 5, 9], "count"),
        ("smiles", [0, 0, 0, 0, 1, 1, 2, 5], "count"),
        ("attachment", [1, 2, 3], "unordered"),
        ("secure", [0, 1], "binary"),
        ("secure", ["TRUE", "FALSE"], "binary"),
        ("mood", ["low", "high", "medium"], "ordered"),
        ("mood", ["sad", "calm", "gay"], "unordered"),
        ("reversed", [5, 4, 3, 2, 1, 6, 7], "continuous"),
    ],
)
def test_kinds_are_proposed_from_name_and_values(place, name, values, kind):
    filled = (list(values) * N)[:N]
    pd.DataFrame({"dyad": NUMBERS, name: filled}).to_csv(place.folder / "o.csv", index=False)
    (column,) = place.propose().columns
    assert (column.role, column.kind) == ("outcome", kind)


def test_a_column_that_says_who_was_censored_is_not_taken_for_one_that_says_who_ended(place):
    pd.DataFrame(
        {"dyad": NUMBERS, "days": place.rng.integers(1, 90, N), "censored": [0, 1] * (N // 2)}
    ).to_csv(place.folder / "o.csv", index=False)
    days, censored = place.propose().columns
    assert (days.kind, censored.kind, days.event) == ("continuous", "binary", "")
    assert "its name says the opposite" in days.why


def test_the_file_whose_ids_fit_is_found_among_others(place):
    pd.DataFrame({"dyad": NUMBERS, "a": place.sensitivity}).to_csv(
        place.folder / "good.csv", index=False
    )
    pd.DataFrame({"city": ["Bern", "Ulm"], "n": [1, 2]}).to_csv(
        place.folder / "other.csv", index=False
    )
    (place.folder / "episodes.csv").write_text("session,episode,start,end\n001,play,0:00,1:00\n")
    assert place.propose().source.name == "good.csv"
    pd.DataFrame({"dyad": NUMBERS, "b": place.sensitivity}).to_csv(
        place.folder / "too.csv", index=False
    )
    with pytest.raises(StudyError, match=r"Several tables .*good.csv, too.csv"):
        place.propose()
    assert place.propose(outcomes=place.folder / "too.csv").source.name == "too.csv"


def test_a_file_with_fewer_ids_of_the_study_is_named(place):
    coded = pd.DataFrame({"dyad": place.ids, "sensitivity": place.sensitivity})
    coded.to_csv(place.folder / "outcomes.csv", index=False)
    coded.iloc[:20].to_csv(place.folder / "second_coder.csv", index=False)
    proposal = place.propose()
    assert proposal.source.name == "outcomes.csv"
    assert "# Fewer ids of this study are in second_coder.csv (20 ids), not read." in proposal.text


def test_a_table_that_does_not_fit_does_not_hide_the_manifests_own_columns(tmp_path):
    place = Place(tmp_path, NUMBERS, sensitivity=[k / 7 for k in range(N)])
    pd.DataFrame({"city": ["Bern", "Ulm"]}).to_csv(tmp_path / "other.csv", index=False)
    assert place.propose().source.name == "sessions.csv"


def test_what_attunement_reads_and_writes_is_not_taken_for_outcomes(place):
    table = pd.DataFrame({"session": NUMBERS, "dyad": NUMBERS, "mirroring": place.mirroring})
    for name in ("scores.csv", "reliability.csv", "association.csv"):
        table.to_csv(place.folder / name, index=False)
    manifest = place.folder / "sessions.csv"
    (place.folder / "sessions (old).csv").write_text(manifest.read_text())
    with pytest.raises(StudyError, match="There are no outcomes"):
        place.propose()


@pytest.mark.parametrize(
    ("name", "program"), [("o.sav", "SPSS"), ("o.xls", "Excel"), ("o.RData", "R")]
)
def test_a_file_of_another_program_is_to_be_saved_otherwise(place, name, program):
    (place.folder / name).write_bytes(b"$FL2\x00\x00")
    with pytest.raises(StudyError) as refused:
        place.propose()
    assert f"{name} is a file of" in refused.value.advice
    assert program in refused.value.advice
    with pytest.raises(StudyError, match="cannot be read"):
        place.propose(outcomes=place.folder / name)


def test_a_single_digit_among_lower_ones_is_asked_about_and_kept(place):
    rated = place.rng.integers(1, 3, N)
    rated[4] = 9
    pd.DataFrame({"dyad": NUMBERS, "warmth": rated}).to_csv(place.folder / "o.csv", index=False)
    (warmth,) = place.propose().columns
    assert warmth.missing == ()
    assert "is 9 in 1 cell a code?" in warmth.why


@pytest.mark.parametrize(
    ("others", "code", "n"),
    [((3, 4, 5, 6), 9, 3), (range(21), -9, 1), ((0, 1, 2, 3), -3, 4)],
)
def test_a_digit_near_the_others_is_asked_about_and_kept(place, others, code, n):
    months = np.resize(others, N)
    months[:n] = code
    table = pd.DataFrame({"dyad": NUMBERS, "first_word_months": months})
    table.to_csv(place.folder / "o.csv", index=False)
    told, fitted = place.propose_and_fit()
    assert "missing_values" not in told
    assert fitted.table["n_dyads"].tolist() == [N]
    text = (place.folder / "study.toml").read_text()
    cells = "cell" if n == 1 else "cells"
    assert f"is {code} in {n} {cells} a code?\n" in text.replace("\n# ", " ")


@pytest.mark.parametrize(
    ("others", "code", "n"),
    [((1, 2, 3, 4, 5), -9, 1), (range(21), -9, 2), ((3, 4, 5, 6), 99, 1), (range(60, 121), 999, 1),
     (range(60, 121), -99, 1), ((1, 2), 9, 3)],
)  # fmt: skip
def test_codes_far_from_the_others_are_proposed(place, others, code, n):
    rated = np.resize(others, N)
    rated[:n] = code
    table = pd.DataFrame({"dyad": NUMBERS, "warmth": rated})
    table.to_csv(place.folder / "o.csv", index=False)
    (warmth,) = place.propose().columns
    assert warmth.missing == (code,)


def test_a_file_elsewhere_is_named_as_seen_from_the_study(place):
    elsewhere = place.folder.parent / "elsewhere.csv"
    pd.DataFrame({"dyad": NUMBERS, "a": place.sensitivity}).to_csv(elsewhere, index=False)
    proposal = place.propose(outcomes=elsewhere)
    declared = tomllib.loads(proposal.text)["association"]
    assert declared["outcomes_file"] == "../elsewhere.csv"


def test_repeated_and_lacking_ids_are_to_be_corrected_first(place):
    ids = [*NUMBERS[:-2], NUMBERS[0], None]
    pd.DataFrame({"dyad": ids, "a": place.sensitivity}).to_csv(place.folder / "o.csv", index=False)
    proposal = place.propose()
    lacking, repeated = proposal.to_correct
    assert f"o.csv, row {N + 1}, has no dyad" in lacking
    assert "1 id more than once in 'dyad' of o.csv (001)" in repeated
    assert proposal.text.count("CORRECT FIRST") == 2


def test_a_column_named_as_the_predictor_is_to_be_renamed_first(place):
    pd.DataFrame({"dyad": NUMBERS, "mirroring": 1.5, "a": place.sensitivity}).to_csv(
        place.folder / "o.csv", index=False
    )
    (told,) = place.propose().to_correct
    assert "o.csv has a column 'mirroring', as the scores have" in told


def test_without_outcomes_or_ids_the_next_step_is_said(place):
    with pytest.raises(StudyError, match=r"no table lies beside study\.toml") as refused:
        place.propose()
    assert "--outcomes FILE" in refused.value.advice
    pd.DataFrame({"who": ["anna", "bo"], "a": [1, 2]}).to_csv(place.folder / "o.csv", index=False)
    with pytest.raises(StudyError, match=r"No column of o.csv holds the ids .*001, 002, 003"):
        place.propose()


def test_where_no_column_can_be_an_outcome_the_next_step_is_said(place):
    table = pd.DataFrame({"dyad": NUMBERS, "site": "Ulm"})
    table.to_csv(place.folder / "o.csv", index=False)
    proposal = place.propose()
    assert "No column can be an outcome as it stands" in proposal.text
    place_proposal(place.folder / "study.toml", proposal.text)
    with pytest.raises(ConfigError, match="outcomes is empty") as refused:
        fit_study(read_study(place.folder), place.folder / "results")
    assert "Where that found none, its comments say of each column why" in refused.value.advice
    assert "correct the table first" in refused.value.advice


def test_the_sheet_of_the_workbook_whose_ids_fit_is_read(place):
    with pd.ExcelWriter(place.folder / "outcomes.xlsx") as workbook:
        title = pd.DataFrame([["Codebook", None], [None, None], ["a", "b"], ["c", "d"]])
        title.to_excel(workbook, sheet_name="Codes", index=False, header=False)
        data = pd.DataFrame({"ID": NUMBERS, "sensitivity": place.sensitivity})
        data.to_excel(workbook, sheet_name="Data", index=False)
    declared, fitted = place.propose_and_fit()
    assert declared["outcomes_sheet"] == "Data"
    assert fitted.table["estimate"].iloc[0] == pytest.approx(place.slope(place.sensitivity))
    text = (place.folder / "study.toml").read_text()
    assert "the sheet 'Data' was read, not 'Codes'" in text
    misspelt = text.replace('outcomes_sheet = "Data"', 'outcomes_sheet = "Dat"')
    (place.folder / "study.toml").write_text(misspelt)
    with pytest.raises(StudyError, match=r"no sheet 'Dat'; .* Did you mean 'Data'\?"):
        fit_study(read_study(place.folder), place.folder / "results")


def test_a_workbook_without_ids_in_any_sheet_names_its_sheets(place):
    with pd.ExcelWriter(place.folder / "outcomes.xlsx") as workbook:
        pd.DataFrame({"note": ["a codebook"]}).to_excel(workbook, sheet_name="Codes", index=False)
        pd.DataFrame({"city": ["Bern"]}).to_excel(workbook, sheet_name="Data", index=False)
    with pytest.raises(StudyError, match="No column") as refused:
        place.propose()
    assert "the sheet 'Codes' was read, not 'Data'" in refused.value.advice


def test_what_study_toml_says_elsewhere_stays_byte_for_byte(place):
    path = place.folder / "study.toml"
    before = (
        "# mine\r\n[scoring]\r\nwindow_s = 4 # s\r\n\r\n[association]\r\n# later\r\n[execution]\r\n"
    )
    path.write_bytes(before.encode())
    text = '[association]\noutcomes = ["ä"]\n'
    assert place_proposal(path, text) == path
    assert path.read_bytes().decode() == before.replace(
        "[association]\r\n", '[association]\r\noutcomes = ["ä"]\r\n'
    )


def test_comments_of_init_that_no_longer_hold_are_taken_out(place):
    path = place.folder / "study.toml"
    place_proposal(path, '[association]\noutcomes = ["a"]\n')
    text = path.read_text()
    assert "# outcomes_file" not in text
    others = study_toml().split("[association]")[0]
    assert text.startswith(others)
    assert text.endswith(study_toml().split("[execution]")[1])


@pytest.mark.parametrize("ending", ["", "\n", "\n\n", "# no [association] yet"])
def test_a_study_without_the_section_gets_it_at_the_end(place, ending):
    path = place.folder / "study.toml"
    path.write_text(f"[scoring]\nwindow_s = 4{ending}")
    place_proposal(path, '[association]\noutcomes = ["a"]\n')
    assert tomllib.loads(path.read_text()) == {
        "scoring": {"window_s": 4}, "association": {"outcomes": ["a"]}
    }  # fmt: skip


@pytest.mark.parametrize(
    "written",
    [
        '[association]\nprimary = "a"\n',
        'association.primary = "a"\n',
        'association = {primary = "a"}\n[scoring]\n',
    ],
)
def test_what_study_toml_declares_is_never_written_over(place, written):
    path = place.folder / "study.toml"
    path.write_text(written)
    beside = place_proposal(path, "[association]\n")
    assert beside == place.folder / "association.proposed.toml"
    assert path.read_text() == written
    assert place_proposal(path, "[association]\n") == beside, "the same again"
    beside.write_text("[association]\n# corrected\n")
    with pytest.raises(OutputError, match="left as it is"):
        place_proposal(path, "[association]\n")
    assert beside.read_text() == "[association]\n# corrected\n"


def test_nothing_that_people_type_into_a_spreadsheet_breaks_the_proposed_toml(place):
    hard = ['"', "\\", "]", "#", "a.b", "ü", "'''", "\u2028", "\x07", "=1", "😀", "[association]"]
    columns = {f"{text} {k}": place.sensitivity for k, text in enumerate(hard)}
    words = {"words": (hard[:6] * N)[:N]}
    pd.DataFrame({"dyad": NUMBERS, **columns, **words}).to_csv(place.folder / "o.csv", index=False)
    declared, fitted = place.propose_and_fit()
    assert len(declared["outcomes"]) == len(hard) + 1
    assert len(fitted.results) == len(hard) + 1


def test_labels_name_every_code_and_levels_those_of_scored_rows(place):
    scores = pd.read_csv(place.folder / "results" / "scores.csv", dtype={"dyad": str})
    scores.loc[0, "mirroring"] = np.nan
    write_csv(scores, place.folder / "results" / "scores.csv")
    bond = [["secure", "avoidant", "Secure "][k % 3] for k in range(N)]
    bond[0] = "resistant"
    coded = pd.DataFrame({"dyad": [*place.ids, "999"], "bond": [*bond, "other"]})
    coded.to_csv(place.folder / "outcomes.csv", index=False)
    proposal = place.propose(out=place.folder / "results")
    told = tomllib.loads(proposal.text)["association"]
    assert set(told["labels"]["bond"]) == {"secure", "Secure", "avoidant", "resistant", "other"}
    assert told["levels"]["bond"] == ["Secure", "avoidant"]
    place_proposal(place.folder / "study.toml", proposal.text)
    assert fit_study(read_study(place.folder), place.folder / "results").refused == {}


def test_constant_in_few_matched_rows_says_so(place):
    ids = [*place.ids[:3], *[f"x{k}" for k in range(20)]]
    coded = pd.DataFrame({"dyad": ids, "bond": ["B"] * 3 + ["A"] * 20})
    coded.to_csv(place.folder / "outcomes.csv", index=False)
    assert '"bond": constant in the 3 rows that match a score: B.' in place.propose().text


def test_the_score_for_differences_between_dyads_is_proposed_where_it_is_there(place):
    pd.DataFrame({"dyad": NUMBERS, "warmth": place.sensitivity}).to_csv(
        place.folder / "o.csv", index=False
    )
    results = place.folder / "results" / "scores.csv"
    scores = pd.read_csv(results, dtype={"dyad": str, "session": str, "family": str})
    for there, name in ((N, "temporal_attunement"), (N // 2, "temporal_attunement"),
                        (N // 2 - 1, "mirroring"), (0, "mirroring")):  # fmt: skip
        values = scores["mirroring"].where(np.arange(N) < there)
        write_csv(scores.assign(temporal_attunement=values), results)
        text = place.propose().text
        assert tomllib.loads(text)["association"]["predictors"] == [name], there
    assert "0 of 60 sessions with mirroring" in " ".join(text.replace("#", "").split())
    # Without results nothing is known against it; what the study declares stays.
    write_csv(scores, results)
    assert 'predictors = ["temporal_attunement"]' in place.propose(out=None).text
    declared = place.folder / "study.toml"
    head = declared.read_text().partition("[association]")[0]
    declared.write_text(f'{head}[association]\npredictors = ["congruence"]\n')
    assert 'predictors = ["congruence"]' in place.propose().text
