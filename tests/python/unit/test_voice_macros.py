"""Net Promoter Score by its macro against NumPy over the answers themselves."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from test_macros import macros, rows_of


@pytest.mark.parametrize("answers", [[10, 9, 9, 8, 7, 6, 0], [10], [0, 0], [9] * 40 + [7] * 25 + [3] * 35])
def test_net_promoter_score(answers):
    values = np.array([100 if a >= 9 else 0 if a >= 7 else -100 for a in answers])
    counts = [str(int((values == value).sum())) for value in (100, 0, -100)]
    ((n, nps, margin, is_small),) = rows_of("select " + macros().net_promoter_score(*counts))
    assert n == len(answers)
    assert nps == pytest.approx(values.mean())
    assert margin == pytest.approx(norm.ppf(0.975) * values.std() / np.sqrt(len(answers)))
    assert is_small == (n < 30)


def test_no_answer_has_no_score():
    ((n, nps, margin, is_small),) = rows_of("select " + macros().net_promoter_score("0", "0", "0"))
    assert (n, nps, margin, is_small) == (0, None, None, True)
