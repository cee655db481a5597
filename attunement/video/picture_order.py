"""The order in which the pictures of an H.264 stream are shown, from their headers (ITU-T H.264).

Each slice header holds the lower bits of its picture's order count, from which the count follows
(8.2.1.1). Counts begin anew at each IDR picture.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_SLICE, _IDR, _SPS = 1, 5, 7  # nal_unit_type, table 7-1
_HEAD_BYTES = 40  # hold a slice header up to its order count
_SPS_BYTES = 1200  # hold twelve scaling lists
_AVCC = 1  # first byte of an MP4 file's configuration record (ISO/IEC 14496-15, 5.3.3.1)
# Profiles whose parameters begin with the form of the colours (7.3.2.1.1).
_WITH_CHROMA = (44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244)
_WITHOUT_COUNTS = 2  # pic_order_cnt_type: shown in the order of storing


class _Bits:
    """Reads bits from the front of a unit whose escape bytes were taken out."""

    def __init__(self, unit: bytes) -> None:
        self._value = int.from_bytes(unit)
        self._left = 8 * len(unit)

    def take(self, n: int) -> int:
        self._left -= n
        if self._left < 0:
            raise ValueError("The unit ends within its header.")
        return self._value >> self._left & ((1 << n) - 1)

    def ue(self) -> int:
        """Return an unsigned number of the Exp-Golomb code (9.1)."""
        zeros = 0
        while not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)

    def se(self) -> int:
        """Return a signed one."""
        code = self.ue()
        return (code + 1) // 2 if code % 2 else -(code // 2)


class _Sequence(NamedTuple):
    """What a sequence parameter set says of the counts."""

    frame_num_bits: int
    count_type: int
    count_bits: int
    only_frames: bool
    planes_apart: bool


class PictureOrder:
    """Follows the order counts of a stream, packet by packet.

    Parameters
    ----------
    extradata : bytes or None
        The stream's configuration, as ffmpeg keeps it.
    """

    def __init__(self, extradata: bytes | None) -> None:
        self._length_bytes = 0
        self._sequence: _Sequence | None = None
        self._epoch = 0
        self._upper, self._lower = 0, 0  # of the reference picture before
        extradata = extradata or b""
        if extradata[:1] == bytes([_AVCC]) and len(extradata) > 8:
            self._length_bytes = (extradata[4] & 3) + 1
            self._sequence = _read_sequence(extradata[8:])
        else:
            self.place(extradata)

    def place(self, packet: bytes) -> tuple[int, int] | None:
        """Return what to sort by for the order of showing; None where the packet tells none."""
        for unit in self._units(packet):
            kind = unit[0] & 31
            try:
                if kind == _SPS:
                    self._sequence = _read_sequence(unit)
                elif kind in (_SLICE, _IDR) and self._sequence is not None:
                    return self._count(unit, self._sequence)
            except ValueError:
                return None
        return None

    def _count(self, unit: bytes, sequence: _Sequence) -> tuple[int, int] | None:
        is_idr, is_reference = unit[0] & 31 == _IDR, unit[0] >> 5 & 3 > 0
        if is_idr:
            self._epoch += 1
            self._upper = self._lower = 0
        if sequence.count_type == _WITHOUT_COUNTS:
            self._lower += 1
            return self._epoch, self._lower
        if sequence.count_type != 0:
            return None
        bits = _Bits(_unescaped(unit[1:_HEAD_BYTES]))
        bits.ue(), bits.ue(), bits.ue()  # first macroblock, kind of slice, picture parameter set
        bits.take(2 * sequence.planes_apart + sequence.frame_num_bits)
        if not sequence.only_frames and bits.take(1):
            bits.take(1)
        if is_idr:
            bits.ue()
        lower, upper = bits.take(sequence.count_bits), self._upper
        whole = 1 << sequence.count_bits
        if lower < self._lower and self._lower - lower >= whole // 2:
            upper += whole
        elif lower > self._lower and lower - self._lower > whole // 2:
            upper -= whole
        if is_reference:
            self._upper, self._lower = upper, lower
        return self._epoch, upper + lower

    def _units(self, packet: bytes) -> Iterator[bytes]:
        """Yield the heads of the packet's units."""
        at, n = 0, self._length_bytes
        if n:
            while at + n < len(packet):
                length = int.from_bytes(packet[at : at + n])
                if length:
                    yield packet[at + n : at + n + min(length, _SPS_BYTES)]
                at += n + length
            return
        while (at := packet.find(b"\x00\x00\x01", at)) >= 0 and at + 3 < len(packet):
            at += 3
            yield packet[at : at + _SPS_BYTES]


def shown_after(n_packets: int, places: list[tuple[int, int] | None]) -> NDArray[np.int64] | None:
    """Return the turn at which each packet is shown.

    Parameters
    ----------
    n_packets : int
        How many there are.
    places : list
        From `PictureOrder.place`, in the order of storing.

    Returns
    -------
    ndarray, shape (n_packets,), int64, or None
        None where a packet told no place.
    """
    told = [place for place in places if place is not None]
    if not len(told) == len(places) == n_packets:
        return None
    order = sorted(range(n_packets), key=told.__getitem__)
    turn = np.empty(n_packets, np.int64)
    turn[order] = np.arange(n_packets)
    return turn


def _unescaped(unit: bytes) -> bytes:
    return unit.replace(b"\x00\x00\x03", b"\x00\x00")


def _read_sequence(unit: bytes) -> _Sequence:
    bits = _Bits(_unescaped(unit[1:_SPS_BYTES]))
    profile = bits.take(8)
    bits.take(16)
    bits.ue()
    planes_apart = False
    if profile in _WITH_CHROMA:
        form = bits.ue()
        planes_apart = form == 3 and bool(bits.take(1))
        bits.ue(), bits.ue(), bits.take(1)
        if bits.take(1):
            for k in range(12 if form == 3 else 8):
                if bits.take(1):
                    _skip_scaling_list(bits, 16 if k < 6 else 64)
    frame_num_bits = bits.ue() + 4
    count_type = bits.ue()
    count_bits = bits.ue() + 4 if count_type == 0 else 0
    if count_type == 1:
        return _Sequence(frame_num_bits, count_type, 0, True, planes_apart)
    bits.ue(), bits.take(1), bits.ue(), bits.ue()  # reference frames, gaps, width, height
    return _Sequence(frame_num_bits, count_type, count_bits, bool(bits.take(1)), planes_apart)


def _skip_scaling_list(bits: _Bits, n: int) -> None:
    last, following = 8, 8
    for _ in range(n):
        if following:
            following = (last + bits.se()) % 256
        last = following or last
