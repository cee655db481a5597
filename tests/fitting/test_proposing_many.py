"""Spreadsheets drawn at random: what is proposed runs unchanged, on the rows that it should."""

import numpy as np
import pandas as pd
import pytest

from attunement.fitting import fit_study, place_proposal, propose_association
from attunement.study import read_study
from attunement.study.files import write_csv
from attunement.study.template import study_toml

# An id of the study, and how a spreadsheet may have it.
SPELLINGS = (
    (lambda k: f"{k:03d}", (str, lambda k: f"{k}.0", lambda k: f"P{k}", lambda k: f"{k:03d}")),
    (lambda k: f"S{k:02d}", (lambda k: f"s-{k}", lambda k: f"S {k:02d}", str)),
    (lambda k: f"dyad-{k}", (lambda k: f"Dyad_{k:02d}", str)),
    (lambda k: f"fam_{k:02d}_a", (lambda k: f"Fam {k} A",)),
)
KEYS = ("ID", "VP", "Participant code", "dyad", "Fall-Nr.")
CODES = ("", "-99", "999", "n/a", ".")
FORMATS = ("comma", "semicolon", "tab", "utf-16", "workbook")


def columns_of(rng, n):
    """Return outcomes by name, as text with decimal points, and columns that are none."""
    outcomes = {
        "Cortisol (nmol/l)": [f"{x:.2f}" for x in rng.normal(5, 2, n)],
        "warmth": rng.integers(1, 6, n).astype(str),
        "EPDS total": rng.integers(20, 70, n).astype(str),
        "n_gazes": rng.poisson(3, n).astype(str),
        "secure": rng.integers(0, 2, n).astype(str),
        "breastfed": rng.choice(["yes", "no", "Yes"], n, p=[0.5, 0.4, 0.1]),
        "Attachment class": rng.choice(["A", "B", "C", "D"], n, p=[0.3, 0.4, 0.2, 0.1]),
        "mood": rng.choice(["low", "high", "medium"], n),
    }
    others = {
        "Remarks": [f"note, number {k}" if k % 2 else "" for k in range(n)],
        "Datum": [f"{k % 27 + 1:02d}.03.2024" for k in range(n)],
        "infant age (weeks)": [f"{x:.1f}" for x in rng.normal(20, 2, n)],
        "Sex": rng.choice(["m", "f"], n),
        "empty": [""] * n,
    }
    return outcomes, others


def as_cell(text):
    """Return what a spreadsheet makes of a text that is typed: a number where it can."""
    try:
        number = float(text)
    except ValueError:
        return text or None
    typed_as_text = text.startswith("0") and len(text) > 1 and text[1] != "."
    return text if typed_as_text else int(number) if number.is_integer() else number


def save(table, folder, kind, rng):
    if kind == "workbook":
        table.map(as_cell).to_excel(folder / "outcomes.xlsx", index=False)
        return
    with_commas = kind != "comma" or rng.random() < 0.5
    if with_commas:
        number = r"^(-?\d+)\.(\d+)$"
        key = table.columns[0]
        others = [name for name in table.columns if name != key]
        table = table.assign(
            **{n: table[n].str.replace(number, r"\1,\2", regex=True) for n in others}
        )
    separator = {"comma": ",", "semicolon": ";"}.get(kind, "\t")
    encoding = "utf-16" if kind == "utf-16" else "utf-8-sig"
    table.to_csv(folder / "outcomes.csv", index=False, sep=separator, encoding=encoding)


@pytest.mark.parametrize("seed", range(10))
def test_what_is_proposed_of_any_spreadsheet_runs_as_it_is(tmp_path, seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(50, 90))
    ours, spellings = SPELLINGS[seed % len(SPELLINGS)]
    theirs = spellings[rng.integers(len(spellings))]
    ids = [ours(k) for k in range(1, n + 1)]
    (tmp_path / "video.mp4").write_text("x")
    (tmp_path / "study.toml").write_text(study_toml())
    rows = pd.DataFrame({"session": ids, "layout": "one_frame", "video": "video.mp4"})
    rows.to_csv(tmp_path / "sessions.csv", index=False)
    scores = pd.DataFrame({"dyad": ids, "session": ids, "family": ids})
    (tmp_path / "results").mkdir()
    write_csv(scores.assign(mirroring=rng.normal(size=n)), tmp_path / "results" / "scores.csv")

    outcomes, others = columns_of(rng, n)
    outcomes = {name: outcomes[name] for name in rng.permutation(list(outcomes))[:4]}
    gone = rng.random((n, len(outcomes))) < 0.07
    cells = {
        name: np.where(gone[:, k], rng.choice(CODES), values)
        for k, (name, values) in enumerate(outcomes.items())
    }
    key = rng.choice(KEYS)
    table = pd.DataFrame(
        {key: [theirs(k) for k in range(1, n + 1)], **cells, **others}, dtype="str"
    )
    order = rng.permutation(n)[rng.integers(0, 4) :]  # some dyads have no row
    save(table.iloc[order], tmp_path, FORMATS[seed % len(FORMATS)], rng)

    proposal = propose_association(read_study(tmp_path), out=tmp_path / "results")
    text = proposal.text.replace("\nnan_policy", "\nn_permutations = 0\nnan_policy")
    place_proposal(tmp_path / "study.toml", text)
    fitted = fit_study(read_study(tmp_path), tmp_path / "results")

    assert fitted.refused == {}
    assert proposal.key.n_found == len(order)
    n_dyads = fitted.table.groupby("outcome")["n_dyads"].first()
    expected = {name: int((~gone[order, k]).sum()) for k, name in enumerate(outcomes)}
    assert n_dyads.to_dict() == expected
