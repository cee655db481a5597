import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from attunement.study.ids import MAX_BYTES, MAX_CHARACTERS, folded, id_fault, safe_id


@pytest.mark.parametrize("text", ["007", "A b", "Müller-3", "x.y", "CONTROL", "日本", "a=b", "_"])
def test_usual_ids_are_kept(text):
    assert id_fault(text) == ""
    assert safe_id(text) == text


@pytest.mark.parametrize(
    ("text", "proposed"),
    [("a/b", "a_b"), ("..", "id"), ("", "id"), ("CON", "id_CON"), ("con.txt", "id_con.txt"),
     ("LPT¹", "id_LPT¹"), (" x. ", "x"), (".git", "git"), ("a<>b", "a_b"), ("???", "id"),
     ("a\tb", "a_b"), ("x" * 500, "x" * 100)],
)  # fmt: skip
def test_unsafe_ids_are_made_safe(text, proposed):
    assert id_fault(text)
    assert safe_id(text) == proposed


@given(st.text(max_size=300))
@example("aux" + "." * 98)
@example("NUL." + "x" * 96)
@example("日" * 100)
@example("x" * 99 + ". y")
@example("\ud800")
def test_a_proposal_is_always_safe_and_stays(text):
    proposed = safe_id(text)
    assert id_fault(proposed) == ""
    assert safe_id(proposed) == proposed
    assert len(proposed) <= MAX_CHARACTERS
    assert len(proposed.encode()) <= MAX_BYTES
    assert not set(proposed) & set('<>:"/\\|?*\0\n')


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
def test_a_safe_id_can_be_a_folder(tmp_path_factory, text):
    folder = tmp_path_factory.getbasetemp() / "ids" / safe_id(text)
    folder.mkdir(parents=True, exist_ok=True)
    assert folder.parent.name == "ids"
    assert folder.name in {path.name for path in folder.parent.iterdir()}


def test_ids_that_are_one_folder_somewhere_fold_together():
    assert folded("A1") == folded("a1")
    assert folded("e\u0301") == folded("\xe9")
    assert folded("a1") != folded("a2")
