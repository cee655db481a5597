"""What a session's recordings were found to be, for its provenance."""

import dataclasses
from math import isfinite
from pathlib import Path
from typing import Any

from attunement.pipeline.listing import take_over_listing
from attunement.study import Session
from attunement.video import probe_video


def recordings_told(session: Session, listing: Path) -> dict[str, dict[str, Any]]:
    """Return what `probe_video` says of each partner's recording, as plain values for JSON.

    Which of several picture tracks was taken, when pictures changed their size, where a recording
    stands still and how many pictures were left out are among it. A partner whose faces come from
    a table has none.

    Parameters
    ----------
    session : Session
        The session.
    listing : Path
        Where another worker may have left what it listed.
    """
    take_over_listing(session, listing)
    return {
        partner.person: {
            name: None if isinstance(value, float) and not isfinite(value) else value
            for name, value in dataclasses.asdict(
                probe_video(partner.videos, rotation_deg=partner.rotation_deg)
            ).items()
        }
        for partner in session.partners
        if partner.videos
    }
