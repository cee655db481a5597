"""No pixel, path or metric leaves the machine: a real run is traced and its contacts are read."""

import re
import shutil
import subprocess
import sys

import pytest

CONTACT = re.compile(r"\b(connect|sendto|sendmsg|sendmmsg)\(")
ADDRESS = re.compile(
    r"sa_family=AF_INET6?, .*?(?:inet_addr\(\"([^\"]+)\"\)|inet_pton\(AF_INET6, \"([^\"]+)\")"
)


def contacts_outside_loopback(trace: str) -> list[str]:
    """Return the lines of an strace log that reach for an address other than loopback."""
    outside = []
    for line in trace.splitlines():
        if not CONTACT.search(line):
            continue
        for found in ADDRESS.finditer(line):
            address = found.group(1) or found.group(2)
            if not (address.startswith("127.") or address in ("::1", "::ffff:127.0.0.1")):
                outside.append(line)
    return outside


def test_the_reading_of_a_trace_finds_a_contact():
    outside = (
        '123 connect(5, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("192.0.2.1")}, '
        "16) = 0\n"
        "124 connect(6, {sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(0), "
        'inet_pton(AF_INET6, "2001:db8::1", &sin6_addr), sin6_scope_id=0}, 28) = 0\n'
    )
    inside = (
        '125 connect(5, {sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr("127.0.0.1")}, '
        '16) = 0\n126 connect(3, {sa_family=AF_UNIX, sun_path="/run/nscd"}, 110) = -1\n'
    )
    assert len(contacts_outside_loopback(outside + inside)) == 2
    assert contacts_outside_loopback(inside) == []


@pytest.mark.slow
def test_a_trace_sees_a_contact_of_a_child_process(tmp_path):
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed, so nothing can be traced")
    # Connecting a datagram socket sends nothing; the address is kept for documentation (RFC 5737).
    contact = "import socket; socket.socket(type=socket.SOCK_DGRAM).connect(('192.0.2.1', 9))"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {contact!r}])"
    log = tmp_path / "trace.txt"
    command = ["strace", "-f", "-qq", "-e", "trace=network,execve", "-o", str(log)]
    subprocess.run([*command, sys.executable, "-c", parent], check=True)
    assert len(contacts_outside_loopback(log.read_text(errors="replace"))) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "backend", ["direct", pytest.param("mediapipe", marks=pytest.mark.needs_mediapipe)]
)
def test_a_real_run_contacts_nothing_outside_loopback(tmp_path, backend):
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed, so the run cannot be traced")
    from attunement.faces import ensure_model
    from attunement.simulation import render_dyad

    ensure_model()  # fetched before the trace: fetching it is the one thing that may use a network
    render_dyad(tmp_path, name="a", duration_s=6, seed=1)
    (tmp_path / "study.toml").write_text(f'[faces]\nbackend = "{backend}"\n')
    (tmp_path / "sessions.csv").write_text(
        "session,layout,caregiver_video,infant_video\na,two_files,a_caregiver.mp4,a_infant.mp4\n"
    )
    log = tmp_path / "trace.txt"
    command = [sys.executable, "-m", "attunement.cli", "run", str(tmp_path), "--out"]
    traced = ["strace", "-f", "-qq", "-e", "trace=network,execve", "-o", str(log)]
    done = subprocess.run(
        [*traced, *command, str(tmp_path / "out")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "sessions" / "a" / "faces.parquet").exists()
    trace = log.read_text(errors="replace")
    started = [line for line in trace.splitlines() if "execve(" in line and "loky" in line]
    assert started, "the trace does not reach into the worker processes, so it shows nothing"
    assert contacts_outside_loopback(trace) == []
