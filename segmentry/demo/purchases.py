"""Draw the shop's buyers from an MBG/NBD process with Gamma-Gamma order values (NumPy, single-threaded, seeded)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from segmentry.demo.parameters import GAMMA_GAMMA, MBG_NBD

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def draw(person: Ints, horizon: Floats, seed: int) -> tuple[pa.Table, pa.Table]:
    """Return (buyers, orders) for buyers (person numbers) observed `horizon` weeks from their first purchase.

    `buyers`: person_no, lambda_ (purchases per week), p (drop-out after a purchase), mean_value (USD),
    died_at_weeks (NULL when still alive at the end). `orders`: person_no, weeks after the first purchase, value in USD.
    A buyer may leave after any purchase, the first included (that is what sets MBG/NBD apart from BG/NBD).
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    n = len(person)
    rate = rng.gamma(MBG_NBD["r"], 1 / MBG_NBD["alpha"], n)
    dropout = rng.beta(MBG_NBD["a"], MBG_NBD["b"], n)
    nu = rng.gamma(GAMMA_GAMMA["q"], 1 / GAMMA_GAMMA["gamma"], n)

    people: list[Ints] = []
    times: list[Floats] = []
    died_at = np.full(n, np.nan)
    index = np.arange(n)
    at = np.zeros(n)
    while len(index):
        people.append(index)
        times.append(at)
        leaves = rng.random(len(index)) < dropout[index]
        died_at[index[leaves]] = at[leaves]
        index, at = index[~leaves], at[~leaves]
        at = at + rng.exponential(1.0, len(index)) / np.maximum(rate[index], 1e-12)
        inside = at < horizon[index]
        index, at = index[inside], at[inside]
    buyer = np.concatenate(people)
    value = rng.gamma(GAMMA_GAMMA["p"], 1.0, len(buyer)) / nu[buyer]
    buyers = pa.table(
        {
            "person_no": person,
            "lambda_": rate,
            "p": dropout,
            "mean_value": GAMMA_GAMMA["p"] / nu,
            "died_at_weeks": pa.array(died_at, mask=np.isnan(died_at)),
        }
    )
    orders = pa.table({"person_no": person[buyer], "weeks": np.concatenate(times), "value": value})
    return buyers, orders
