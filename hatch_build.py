"""Says in one sentence why an installation cannot work, before pip looks for what is not there."""

import platform
import sys
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

INTEL_MAC = (
    "attunement cannot be installed on a Mac with an Intel processor: LiteRT (ai-edge-litert), "
    "which runs the face networks, is not made for it. Use a Mac with Apple silicon, Linux or "
    "Windows."
)


class RefuseWhatCannotWork(MetadataHookInterface):
    """Runs when pip asks what attunement needs."""

    def update(self, _metadata: dict[str, Any]) -> None:
        """Stop where a package that everything rests on has no wheel."""
        if sys.platform == "darwin" and platform.machine() == "x86_64":
            sys.exit(INTEL_MAC)
