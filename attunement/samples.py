"""Seconds as samples of an even grid: the one place where a length is rounded, or refused."""

import math

from attunement.errors import AttunementError, TableError

# A correlation of fewer is not defined.
LEAST_WINDOW = 2


def nearest_samples(seconds: float, sampling_hz: float) -> int:
    """Return the whole number of samples nearest to `seconds`; of two as near, the even one."""
    return round(seconds * sampling_hz)


def whole_samples(
    seconds: float,
    sampling_hz: float,
    *,
    name: str,
    least: int,
    error: type[AttunementError] = TableError,
) -> int:
    """Return a length that someone asked for in samples, rounded as `nearest_samples` does.

    A length between two samples is rounded, since hardly any is a whole number of samples at
    29.97 Hz; one that comes to fewer than `least` is refused rather than made longer.

    Parameters
    ----------
    seconds, sampling_hz : float
        The length, and samples a second.
    name : str
        What the length is, as it stands in the error.
    least : int
        Fewest samples.
    error : type
        What is raised.

    Raises
    ------
    AttunementError
        For a rate that is no finite number above 0, a length that is no finite number, or one of
        fewer samples than `least`.
    """
    rate, length = _number(sampling_hz), _number(seconds)
    if not rate > 0:
        raise error(f"{name} needs a rate above 0 Hz to be counted in; found {sampling_hz!r}.")
    if not math.isfinite(length):
        raise error(f"{name} must be a length in seconds; found {seconds!r}.")
    n = nearest_samples(length, rate)
    if n < least and not least:
        raise error(f"{name} must be 0 s or more; found {length:g} s.")
    if n < least:
        shortest = f"{least / rate:.3g} s"
        raise error(
            f"{name} must be at least {shortest}, which is {least} sample"
            f"{'' if least == 1 else 's'} at {rate:g} Hz; found {length:g} s.",
            f"Give {shortest} or more, or use a higher rate.",
        )
    return n


def window_samples(
    *,
    sampling_hz: float,
    window_s: float,
    step_s: float,
    max_lag_s: float,
    where: str,
    least_lag: int = 0,
    error: type[AttunementError] = TableError,
) -> tuple[int, int, int]:
    """Return window, step and longest lag in samples.

    `where` follows each name in the errors, such as ``" of a cross-correlation"``.

    Raises
    ------
    AttunementError
        As `whole_samples`, for a window under two samples, a step under one, or a longest lag
        under `least_lag`.
    """
    window, step, max_lag = (
        whole_samples(seconds, sampling_hz, name=f"{name}{where}", least=least, error=error)
        for name, seconds, least in (
            ("window_s", window_s, LEAST_WINDOW),
            ("step_s", step_s, 1),
            ("max_lag_s", max_lag_s, least_lag),
        )
    )
    return window, step, max_lag


def _number(value: object) -> float:
    """Return a finite number; NaN for anything else."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return math.nan
    return number if math.isfinite(number) else math.nan
