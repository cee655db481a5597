"""Times of tables of other programs: which are believed, which are refused, and for what reason."""

import numpy as np
import pandas as pd
import pytest

from attunement.errors import FacesError
from attunement.faces.backends.table import read_table_and_clock

N = 600


def openface(times, *, first=1, frames=None, name="timestamp"):
    frames = np.arange(first, first + len(times)) if frames is None else frames
    rows = zip(frames, times, strict=True)
    lines = [f"{k}, {t}, 0.98, 1, 0.1, 1.5" for k, t in rows]
    return "\n".join([f"frame, {name}, confidence, success, AU04_r, AU12_r", *lines])


def without_frames(text):
    return "\n".join(line.split(", ", 1)[1] for line in text.splitlines())


def libreface(times, *, frames=None):
    frames = range(len(times)) if frames is None else frames
    lines = [f"{k},{t},0.5,2.0" for k, t in zip(frames, times, strict=True)]
    return "\n".join(["frame_idx,frame_time_in_ms,au_1_intensity,au_12_intensity", *lines])


def py_feat(n, *, rate_hz=None, step=1, write="{:02d}:{:02d}"):
    whole = [int(k * step // rate_hz) if rate_hz else 0 for k in range(n)]
    lines = [f"{k * step},0.99,0.2,0.3,{write.format(*divmod(w, 60))}" for k, w in enumerate(whole)]
    return "\n".join(["frame,FaceScore,AU01,AU12,approx_time", *lines])


def facereader(times, *, header=""):
    head = ["Video analysis detailed log", f"Frame rate\t{header}", ""] if header else []
    lines = [f"{t}\t0.5\t0.25" for t in times]
    return "\n".join([*head, "Video Time\tNeutral\tAction Unit 12 - Lip Corner Puller", *lines])


def every(rate_hz, n=N):
    return np.arange(n) / rate_hz


def written(seconds, decimals=3):
    """As OpenFace writes them."""
    return [f"{t:.{decimals}f}" for t in seconds]


def clock_time(t, decimals=3):
    t = round(t, decimals)
    width = 3 + decimals if decimals else 2
    return f"{int(t // 3600):02d}:{int(t // 60) % 60:02d}:{t % 60:0{width}.{decimals}f}"


@pytest.fixture
def read(tmp_path):
    def of(text, **further):
        (tmp_path / "table.csv").write_text(text)
        return read_table_and_clock(
            tmp_path / "table.csv", session="s1", person="infant", **further
        )

    return of


@pytest.fixture
def refused(read):
    def of(text, **further):
        with pytest.raises(FacesError) as caught:
            read(text, **further)
        return caught.value

    return of


def times_of(result):
    return result[0]["time_s"].to_numpy(float)


@pytest.mark.parametrize("rate_hz", [1, 5, 12.5, 25, 29.97, 30, 60, 120, 240])
def test_ordinary_tables_are_believed_as_they_stand(read, rate_hz):
    seconds = every(rate_hz)
    for text in (
        openface(written(seconds)),
        openface(written(seconds), first=0),
        without_frames(openface(written(seconds))),
        libreface(written(1000 * seconds, 1)),
        facereader([clock_time(t) for t in seconds], header=f"{rate_hz:.9f}"),
        facereader([clock_time(t).replace(".", ",") for t in seconds]),
    ):
        table, clock = read(text)
        assert table["time_s"].to_numpy() == pytest.approx(seconds, abs=0.0006)
        assert clock.notes == ()
        assert clock.frames_hz == pytest.approx(rate_hz, rel=0.01)


def test_a_webcam_of_changing_rate_with_pauses_and_dropped_rows_is_believed(read):
    rng = np.random.default_rng(4)
    steps = rng.choice([0.02, 0.033, 0.05, 0.066, 0.1], N)
    steps[[100, 300]] = 12.0
    seconds = np.round(np.cumsum(steps) - steps[0], 3)
    kept = np.sort(rng.choice(N, N - 80, replace=False))
    text = openface(written(seconds[kept]), frames=np.arange(1, N + 1)[kept])
    table, clock = read(text)
    assert times_of((table, clock)) == pytest.approx(seconds[kept])
    assert clock.notes == ()


def test_every_fifth_frame_and_half_of_the_frames_at_another_rate_are_believed(read):
    frames = np.arange(0, 5 * N, 5)
    assert times_of(read(libreface(1000 * frames / 30, frames=frames))) == pytest.approx(
        frames / 30
    )
    seconds = np.concatenate([every(30, 300), 10 + every(15, 300)])
    assert read(openface(written(seconds)))[1].notes == ()
    skipped = facereader([clock_time(t) for t in every(10)], header="30.000000000")
    assert times_of(read(skipped)) == pytest.approx(every(10))


@pytest.mark.parametrize("rate_hz", [500, 600, 1000, 90000])
def test_a_rate_that_no_camera_has_is_refused_with_rate_and_column(refused, rate_hz):
    error = refused(openface(written(every(rate_hz), 9)))
    assert f"timestamp gives {rate_hz} frames a second" in error.reason
    assert "infant_rate_hz" in error.advice


def test_an_impossible_rate_gives_way_to_the_one_of_the_manifest(read):
    table, clock = read(openface(written(every(1000))), rate_hz=25)
    assert table["time_s"].to_numpy() == pytest.approx(every(25))
    assert clock.notes[0].startswith("its column timestamp gives 1000 frames a second")
    assert "25 a second as the manifest says" in clock.source


@pytest.mark.parametrize("rate_hz", [1, 5, 25, 30, 120, 240])
def test_libreface_s_milliseconds_that_are_seconds(read, rate_hz):
    table, clock = read(libreface(every(rate_hz)))
    assert table["time_s"].to_numpy() == pytest.approx(every(rate_hz))
    assert "frame_time_in_ms holds seconds, not milliseconds" in clock.notes[0]


@pytest.mark.parametrize("factor", [1e3, 1e6, 1 / 86400])
def test_other_units_of_openface_are_told_by_the_frame_number(read, factor):
    table, clock = read(openface(every(30) * factor))
    assert table["time_s"].to_numpy() == pytest.approx(every(30))
    assert "not seconds" in clock.notes[0]


def test_without_frame_numbers_it_is_asked_whether_slow_rows_are_milliseconds(refused, read):
    text = without_frames(openface(every(30) * 1e3))
    assert "a row every 33.3 s in seconds, and every 0.0333 s in milliseconds" in (
        refused(text).reason
    )
    assert times_of(read(text, rate_hz=30)) == pytest.approx(every(30))


def test_facereader_s_times_as_fractions_of_a_day(read):
    table, clock = read(facereader([f"{t / 86400:.9f}" for t in every(30)], header="30"))
    assert table["time_s"].to_numpy() == pytest.approx(every(30), abs=1e-4)
    assert "Video Time holds days, not seconds" in clock.notes[0]


@pytest.mark.parametrize(
    "write",
    [
        lambda t: f"{int(t // 60):02d}:{t % 60:06.3f}",
        lambda t: f"12:{int(t // 60):02d}:{t % 60:06.3f} AM",
        lambda t: f"0 days 00:{int(t // 60):02d}:{t % 60:09.6f}",
    ],
)
def test_times_in_the_ways_that_spreadsheets_and_scripts_write_them(read, write):
    texts = [write(t) for t in every(30)]
    assert times_of(read(facereader(texts))) == pytest.approx(every(30), abs=0.0006)
    assert times_of(read(openface(texts))) == pytest.approx(every(30), abs=0.0006)


def test_minutes_and_seconds_that_lost_their_hour(read):
    seconds = every(2, 9000)
    texts = [f"{int(t // 60) % 60:02d}:{t % 60:04.1f}" for t in seconds]
    table, clock = read(facereader(texts))
    assert table["time_s"].to_numpy() == pytest.approx(seconds)
    assert "without hours" in clock.notes[0]


@pytest.mark.parametrize(("decimals", "rate_hz"), [(1, 30), (1, 25), (0, 30), (1, 15), (0, 29.97)])
def test_rounded_times_are_taken_from_the_frame_numbers_where_all_agree(read, decimals, rate_hz):
    kept = np.delete(np.arange(1800), np.arange(500, 540))
    text = openface(written(kept / rate_hz, decimals), frames=kept + 1)
    table, clock = read(text)
    assert table["time_s"].to_numpy() == pytest.approx(kept / rate_hz, abs=0.04)
    assert "rounded to" in clock.notes[0]
    down = openface(np.floor(kept / rate_hz * 10) / 10, frames=kept + 1)
    assert times_of(read(down)) == pytest.approx(kept / rate_hz, abs=0.04)


def test_rounded_times_that_no_rate_explains_are_refused_as_rounded(refused, read):
    seconds = np.concatenate([every(30, 300), 10 + every(15, 300)])
    error = refused(openface(written(seconds, 1)))
    assert "rounded to 0.1 s" in error.reason
    assert "rows 2 and 3 both have 0.0" in error.reason
    assert "faces" not in error.reason
    table, _ = read(openface(written(seconds, 1)), rate_hz=30)
    assert table["time_s"].to_numpy() == pytest.approx(every(30))


def test_rounded_times_without_frame_numbers_need_the_frame_rate(read, refused):
    texts = [clock_time(t, 1) for t in every(30)]
    table, clock = read(facereader(texts, header="30.000000000"))
    assert table["time_s"].to_numpy() == pytest.approx(every(30), abs=0.001)
    assert "rounded to 0.1 s" in clock.notes[0]
    # Two faces of every frame have their times twice, too.
    twice = [clock_time(t) for t in np.repeat(every(10), 2)]
    for text in (facereader(texts), facereader(twice, header="10"), facereader(twice)):
        assert "or the table holds several faces" in refused(text).reason


def test_times_of_zero_at_the_end_are_taken_from_the_frame_numbers(read, refused):
    times = 1000 * every(30)
    times[-10:] = 0
    table, clock = read(libreface(times))
    assert table["time_s"].to_numpy() == pytest.approx(every(30))
    assert "rows 592 to 601 have no time of their own (found '0.0')" in clock.notes[0]
    changing = 1000 * np.cumsum(np.random.default_rng(2).choice([0.02, 0.05], N))
    changing[-10:] = 0
    error = refused(libreface(changing))
    assert "rows 592 to 601 have no time of their own (found '0.0')" in error.reason


def test_a_few_times_that_are_empty_or_a_neighbour_s_are_taken_from_the_frame_numbers(read):
    texts = written(every(25))
    texts[7], texts[20] = "", texts[19]
    table, clock = read(openface(texts))
    assert table["time_s"].to_numpy() == pytest.approx(every(25))
    assert "2 rows, row 9 first" in clock.notes[0]


def test_two_recordings_one_below_the_other_are_refused_by_row(refused):
    again = np.concatenate([every(30, 300), every(30, 300)])
    apart = np.concatenate([every(30, 300), every(30, 300) + 0.015])
    for times in (again, apart):
        for text in (
            openface(written(times)),
            libreface(1000 * times),
            facereader([clock_time(t) for t in times]),
        ):
            error = refused(text)
            assert "two recordings stand one below the other" in error.reason
            assert "row 302" in error.reason
    frames = np.concatenate([np.arange(1, 301), np.arange(1, 301)])
    error = refused(openface(written(apart), frames=frames))
    assert "frame numbers begin anew in row 302" in error.reason


def test_rows_in_another_order_are_put_into_that_of_the_frames(read):
    order = np.random.default_rng(3).permutation(N)
    text = openface(np.array(written(every(30)))[order], frames=order + 1)
    assert times_of(read(text)) == pytest.approx(every(30), abs=0.0006)


@pytest.mark.parametrize("start", [1.7e9, 1.7e12])
def test_dates_are_refused_as_dates(refused, start):
    unit = 1000 if start > 1e12 else 1
    error = refused(openface([f"{start + unit * t:.3f}" for t in every(30)]))
    assert "a date rather than a time since the recording began" in error.reason
    assert "offset_s" in error.advice


def test_times_before_the_recording_are_refused(refused):
    error = refused(openface(written(every(30) - 2)))
    assert "row 2 has the time -2.000" in error.reason


def test_a_table_in_two_units_is_refused(refused):
    seconds = every(30)
    mixed = [f"{t:.3f}" if k < 300 else f"{1000 * t:.1f}" for k, t in enumerate(seconds)]
    for text in (openface(mixed), libreface(mixed)):
        error = refused(text)
        assert "1000 times as fast" in error.reason
        row = int(error.reason.split("row ")[1].split()[0])
        assert row == pytest.approx(302, abs=20)


def test_a_cell_that_is_no_time_is_shown(refused):
    error = refused(facereader(["1,234.567"] * N))
    assert "'1,234.567'" in error.reason
    error = refused(openface(["2024-05-01 09:54:03"] * N))
    assert "'2024-05-01 09:54:03'" in error.reason


def test_facereader_s_frame_rate_is_held_against_its_times(refused, read):
    times = [clock_time(t) for t in every(30)]
    error = refused(facereader(times, header="25.000000000"))
    assert "30 rows a second" in error.reason
    assert "Frame rate 25" in error.reason
    dropped = [text for k, text in enumerate(times) if k % 7]
    assert read(facereader(dropped, header="30"))[1].notes == ()
    for header in ("29.970000000", "30", "60,00"):
        assert read(facereader(times, header=header))[1].notes == ()


def test_a_rate_that_the_times_contradict_is_refused(refused, read):
    error = refused(openface(written(every(30))), rate_hz=25)
    assert "30 frames a second by its column timestamp" in error.reason
    assert "gives it 25" in error.reason
    assert times_of(read(openface(written(every(30))), rate_hz=29.97)) == pytest.approx(
        every(30), abs=0.0006
    )


def test_py_feat_is_held_against_its_whole_seconds(read, refused):
    for write in ("{:02d}:{:02d}", "{:02d}:{:02d}:00"):
        text = py_feat(1500, rate_hz=25, write=write)
        table, clock = read(text, rate_hz=25)
        assert table["time_s"].to_numpy() == pytest.approx(every(25, 1500))
        assert clock.source == "frame numbers, 25 a second as the manifest says"
        error = refused(text, rate_hz=30)
        assert "at the 30 frames a second of the manifest its row 1501 lies at 50.0 s" in (
            error.reason
        )
        assert "approx_time says" in error.reason
        assert "(its approx_time comes to about 25)" in error.advice
        assert "(its approx_time comes to about 25)" in refused(text).advice
    skipped = py_feat(300, rate_hz=25, step=5)
    assert times_of(read(skipped, rate_hz=25)) == pytest.approx(every(5, 300))
    assert times_of(read(py_feat(54000, rate_hz=29.97), rate_hz=30))[-1] == pytest.approx(
        53999 / 30
    )


def test_a_table_without_times_and_frame_numbers_says_so(read, refused):
    text = "\n".join(line.split(",", 1)[1] for line in py_feat(N).splitlines())
    assert "has neither frame numbers nor time stamps" in refused(text).reason
    table, clock = read(text, rate_hz=25)
    assert table["time_s"].to_numpy() == pytest.approx(every(25))
    assert clock.source == "rows, counted as frames, 25 a second as the manifest says"


def test_several_rows_of_one_frame_are_several_faces(refused):
    frames = np.repeat(np.arange(1, N + 1), 2)
    text = openface(written(np.repeat(every(30), 2)), frames=frames)
    assert "several rows for 0.000 s, as when it holds several faces." in refused(text).reason


def test_rows_are_counted_as_in_the_file(refused):
    text = facereader([clock_time(t) for t in [*every(30, 50), *every(30, 50)]], header="30")
    assert "row 55" in refused(text).reason


def test_the_clock_is_plain_values(read):
    table, clock = read(openface(written(every(30))))
    assert clock.facts() == {
        "file": "table.csv",
        "source": "column timestamp, in seconds",
        "frames_hz": pytest.approx(30),
        "lasts_s": pytest.approx(20, abs=0.001),
        "notes": [],
    }
    assert isinstance(table, pd.DataFrame)


@pytest.mark.parametrize("cell", ["0", "0.000", "1.7E+12"])
def test_times_that_are_all_alike_are_said_to_be(refused, read, cell):
    error = refused(openface([cell] * N))
    assert f"all times of its column timestamp are {cell}" in error.reason
    assert times_of(read(openface([cell] * N), rate_hz=25)) == pytest.approx(every(25))


def test_a_time_that_is_a_neighbour_s_is_told_between_them_where_the_rate_changes(read):
    seconds = np.round(np.cumsum(np.random.default_rng(5).choice([0.02, 0.05], N)), 3)
    texts = written(seconds)
    texts[100] = texts[99]
    table, clock = read(openface(texts))
    expected = seconds.copy()
    expected[100] = (seconds[99] + seconds[101]) / 2
    assert table["time_s"].to_numpy() == pytest.approx(expected)
    assert "row 102 has no time of its own" in clock.notes[0]


@pytest.mark.parametrize("n", [1, 2, 3])
def test_tables_of_a_few_rows(read, n):
    for text in (
        openface(written(every(25, n))),
        libreface(1000 * every(25, n)),
        facereader([clock_time(t) for t in every(25, n)], header="25"),
    ):
        assert times_of(read(text)) == pytest.approx(every(25, n))
    assert times_of(read(py_feat(n), rate_hz=25)) == pytest.approx(every(25, n))
