"""Sources are recognised by size, ends and samples; versions name what can change a result."""

import hashlib

from hypothesis import example, given
from hypothesis import strategies as st

import attunement
from attunement.provenance import file_sha256, source_hash, versions


@example(b"alike", b"alike")
@given(st.binary(max_size=200), st.binary(max_size=200))
def test_small_files_hash_alike_only_when_alike(tmp_path_factory, first, second):
    folder = tmp_path_factory.mktemp("hash")
    a, b = folder / "a", folder / "b"
    a.write_bytes(first)
    b.write_bytes(second)
    assert (source_hash(a) == source_hash(b)) == (first == second)


def test_a_change_at_either_end_or_in_size_is_seen(tmp_path):
    path = tmp_path / "long"
    whole = bytearray(11 * 2**20)
    path.write_bytes(whole)
    plain = source_hash(path)
    for place in (0, 4 * 2**20 - 1, len(whole) - 1, len(whole) - 4 * 2**20):
        changed = bytearray(whole)
        changed[place] = 1
        path.write_bytes(changed)
        assert source_hash(path) != plain
    path.write_bytes(whole + b"\0")
    assert source_hash(path) != plain


def test_the_name_and_place_do_not_matter(tmp_path):
    (tmp_path / "x").mkdir()
    for path in (tmp_path / "a.mp4", tmp_path / "x" / "b.mp4"):
        path.write_bytes(b"same")
    assert source_hash(tmp_path / "a.mp4") == source_hash(tmp_path / "x" / "b.mp4")


def test_a_whole_file_is_hashed_with_sha256(tmp_path):
    (tmp_path / "f").write_bytes(b"abc")
    assert file_sha256(tmp_path / "f") == hashlib.sha256(b"abc").hexdigest()


def test_versions_name_the_package_and_what_it_rests_on():
    found = versions()
    assert found["attunement"] == attunement.__version__
    assert {"mediapipe", "numpy", "scipy", "pandas", "av"} <= set(found)
