#!/usr/bin/env bash
# An ordered model of statsmodels calls a separated outcome converged, with a p near 1.
#
# Packages: statsmodels 0.15.0, numpy 2.3.5, scipy 1.16.3, pandas 2.3.3 (PyPI).
# Input: 60 people, a third of them in a group whose members are all in the highest of three
#   categories; the others are in any of them. The odds of the group are infinite.
# Expected by most: as of a logistic model, a word about separation, or a fit that does not
#   converge. At the least not the opposite of what the data show.
# Seen: mle_retvals["converged"] is True, no warning is given, and the strongest association that
#   such data can hold has a p of over .9: the coefficient stops where the optimiser's step is small,
#   and its standard error is a hundred times as large. Logit of the same package, asked whether
#   somebody is in the highest category, warns that it did not converge.
# In attunement: separation is looked for by linear programs in every kind of outcome, and named
#   (tests/stats/association/test_separation.py).
# Exits with 1 when this is no longer so.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet statsmodels==0.15.0 numpy==2.3.5 scipy==1.16.3 pandas==2.3.3
"$work/venv/bin/python" - <<'PYTHON'
import sys
import warnings

import numpy as np
from statsmodels.discrete.discrete_model import Logit
from statsmodels.miscmodels.ordinal_model import OrderedModel

rng = np.random.default_rng(2)
group = (np.arange(60) % 3 == 0).astype(float)
category = np.where(group == 1, 2, rng.integers(0, 3, 60))
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    fitted = OrderedModel(category, group[:, None], distr="logit").fit(method="bfgs", disp=0)
with warnings.catch_warnings(record=True) as said_of_logit:
    warnings.simplefilter("always")
    Logit((category == 2).astype(float), np.column_stack([np.ones(60), group])).fit(disp=0)
converged, p = bool(fitted.mle_retvals["converged"]), float(fitted.pvalues[0])
print(f"converged {converged}; b {fitted.params[0]:.1f}, SE {fitted.bse[0]:.0f}, p {p:.3f}")
print("warnings:", [str(one.message) for one in said] or "none")
print("warnings of Logit:", [str(one.message) for one in said_of_logit] or "none")
if not (converged and p > 0.9 and not said and said_of_logit and fitted.bse[0] > 100):
    sys.exit("This is no longer so.")
PYTHON
