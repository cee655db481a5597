"""Worker processes end with their parent, and Ctrl-C reaches the parent alone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cloudpickle
import pytest

from attunement.workers import open_pool

PARENT = """
import os, time
from attunement.workers import open_pool
def wait_long():
    import time
    time.sleep(60)
def pid():
    import os
    return os.getpid()
if __name__ == "__main__":
    try:
        with open_pool(1) as pool:
            print(pool.submit(pid).result(), flush=True)
            pool.submit(wait_long).result()
    except KeyboardInterrupt:
        print("stopped", flush=True)
"""

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as on Linux and macOS")


def is_alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    if not stat.parent.parent.exists():  # no /proc on macOS
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return True
    try:
        return stat.read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def heed_ctrl_c() -> None:
    """Heed Ctrl-C, which programs ignore that a shell has put in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_worker_ends_with_its_parent(how):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heed_ctrl_c,
    )
    worker = int(parent.stdout.readline())
    assert is_alive(worker)
    if how == signal.SIGINT:
        os.killpg(parent.pid, how)
    else:
        parent.send_signal(how)
    out, err = parent.communicate(timeout=30)
    end_s = time.monotonic() + 10
    while is_alive(worker):
        assert time.monotonic() < end_s, "the worker outlives its parent"
        time.sleep(0.02)
    assert "Traceback" not in err
    assert (out == "stopped\n") == (how == signal.SIGINT)


def grow() -> int:
    """Hold 400 MB more than before, for longer than a worker waits between looks at its memory."""
    import builtins
    import time

    held = getattr(builtins, "held_by_a_test", [])
    builtins.held_by_a_test = [*held, b"x" * 400_000_000]
    time.sleep(1.2)
    return len(builtins.held_by_a_test)


def test_a_worker_that_grows_is_started_anew_without_a_word():
    pytest.importorskip("psutil", reason="without it loky lets workers grow")
    # By value: workers cannot import a test module, which is in no package.
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    with open_pool(1) as pool:
        sizes = [future.result(timeout=60) for future in [pool.submit(grow) for _ in range(4)]]
    assert len(sizes) == 4
    assert sizes != [1, 2, 3, 4]
