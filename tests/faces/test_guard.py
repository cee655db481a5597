import os
import sys
from importlib.metadata import PackageNotFoundError

import cloudpickle
import pytest

from attunement.errors import FacesError
from attunement.faces import guard
from attunement.workers import open_pool

# Workers cannot import a test module, which is in no package: they get its functions whole.
cloudpickle.register_pickle_by_value(sys.modules[__name__])


def pretend(version):
    """Make this process believe in another version of MediaPipe."""
    guard.mediapipe_version = lambda: version


def initialize_with(version):
    pretend(version)
    guard.worker_initializer()


class Initializer:
    def __init__(self, version):
        self.version = version

    def __call__(self):
        initialize_with(self.version)


def proxies():
    return os.environ.get("HTTPS_PROXY"), os.environ.get("https_proxy"), os.environ.get("no_proxy")


def in_worker(version, call):
    with open_pool(1, initializer=Initializer(version)) as pool:
        return pool.submit(call).result(timeout=120)


@pytest.mark.needs_mediapipe
def test_installed_version_is_quiet():
    assert guard.is_quiet(guard.mediapipe_version())


@pytest.mark.parametrize("version", guard.QUIET_VERSIONS)
def test_quiet_versions_need_nothing(version, monkeypatch):
    monkeypatch.setattr(guard, "mediapipe_version", lambda: version)
    before = dict(os.environ)
    guard.worker_initializer()
    assert dict(os.environ) == before
    assert guard.require_safe() == version


def test_workers_need_no_mediapipe(monkeypatch):
    def is_missing(_):
        raise PackageNotFoundError

    monkeypatch.setattr(guard, "version", is_missing)
    before = dict(os.environ)
    guard.worker_initializer()
    assert dict(os.environ) == before
    with pytest.raises(FacesError, match="MediaPipe"):
        guard.require_safe()


@pytest.mark.parametrize("version", ["0.10.29", "0.10.33", "1.2.2"])
def test_other_versions_are_refused_in_the_main_process(version, monkeypatch):
    monkeypatch.setattr(guard, "mediapipe_version", lambda: version)
    monkeypatch.delenv("HTTPS_PROXY", raising=False)
    before = dict(os.environ)
    with pytest.raises(FacesError, match=f"MediaPipe {version} .*worker"):
        guard.require_safe()
    with pytest.raises(FacesError, match="main process"):
        guard.worker_initializer()
    assert dict(os.environ) == before


def test_backend_refuses_an_unguarded_process(monkeypatch, tmp_path):
    from attunement.faces.backends.mediapipe import MediaPipe

    monkeypatch.setattr(guard, "mediapipe_version", lambda: "1.2.2")
    monkeypatch.delenv("HTTPS_PROXY", raising=False)
    with pytest.raises(FacesError, match="not guarded"):
        MediaPipe(tmp_path / "never_read.task")


def test_worker_of_another_version_is_guarded(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    closed = guard.CLOSED_PROXY
    assert in_worker("1.2.2", proxies) == (closed, closed, None)


def test_worker_of_a_quiet_version_is_left_alone(monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert in_worker("0.10.31", proxies) == (None, None, None)
