"""Importing the package changes nothing outside it and loads little."""

import json
import subprocess
import sys

PROBE = """
import json, logging, os, sys, warnings
environment = dict(os.environ)
handlers = list(logging.getLogger().handlers)
level = logging.getLogger().level
filters = list(warnings.filters)
loggers = set(logging.Logger.manager.loggerDict)
import attunement
heavy = [name for name in ("pandas", "numpy", "scipy", "matplotlib", "cv2", "mediapipe", "av",
                           "statsmodels", "pydantic") if name in sys.modules]
same = {
    "environment": environment == dict(os.environ),
    "handlers": handlers == logging.getLogger().handlers,
    "level": level == logging.getLogger().level,
    "filters": filters == warnings.filters,
    "loggers": loggers == set(logging.Logger.manager.loggerDict),
}
print(json.dumps({"heavy": heavy, "same": same}))
"""

PROBE_ALL = """
import json, logging, os, warnings
import matplotlib, pandas, scipy.signal, cv2, av, pydantic, statsmodels.api
environment = dict(os.environ)
handlers = list(logging.getLogger().handlers)
settings = dict(matplotlib.rcParams)
options = pandas.get_option("display.max_rows"), pandas.get_option("mode.copy_on_write")
import attunement
rooms = [attunement]
for room in rooms:
    for name in room.__all__:
        value = getattr(room, name)
        if isinstance(value, type(attunement)):
            rooms.append(value)
import attunement.cli, attunement.demo, attunement.report
print(json.dumps({
    "environment": environment == dict(os.environ),
    "handlers": handlers == logging.getLogger().handlers,
    "rcParams": settings == dict(matplotlib.rcParams),
    "options": options == (pandas.get_option("display.max_rows"),
                           pandas.get_option("mode.copy_on_write")),
}))
"""


def _probe(code: str) -> dict:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_import_changes_nothing_and_loads_no_heavy_package():
    found = _probe(PROBE)
    assert found["heavy"] == []
    assert all(found["same"].values()), found["same"]


def test_using_every_public_name_changes_nothing():
    found = _probe(PROBE_ALL)
    assert all(found.values()), found
