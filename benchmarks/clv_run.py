"""One measured run of `clv.py`: python clv_run.py PACKAGE BUYERS.npz. Last line of output: its figures as JSON.

Runs in the environment of the package, so it imports nothing of the project but for `segmentry`. Reading the file and
importing do not count.
"""

import json
import resource
import sys
import time

import numpy as np

MONTHLY_RATE = 1.10 ** (1 / 12) - 1
WEEKS_PER_MONTH = 365.25 / 12 / 7


def segmentry(x, t_x, age, value):
    """Combinations, fit, look-up by (frequency, age), value of each customer."""
    from segmentry.estimators import gamma_gamma  # noqa: PLC0415 (each package is imported by its own run)
    from segmentry.estimators.bgnbd import BG_NBD, Horizon, discounted_purchases  # noqa: PLC0415
    from segmentry.estimators.gamma_gamma import Values  # noqa: PLC0415
    from segmentry.estimators.purchases import compress  # noqa: PLC0415

    def work():
        purchases, of_customer = compress(x, t_x, age)
        fit = BG_NBD.fit(purchases)
        bought = x > 0
        values = gamma_gamma.fit(Values(x[bought].astype(float), value[bought], np.ones(bought.sum()))).values
        pairs, of_pair = np.unique(purchases.frequency << 20 | purchases.age_days, return_inverse=True)
        ahead = Horizon(12, WEEKS_PER_MONTH, MONTHLY_RATE)
        _, discounted = discounted_purchases(
            BG_NBD, fit.values, (pairs >> 20).astype(float), (pairs & 0xFFFFF) / 7, ahead
        )
        alive = BG_NBD.probability_alive(
            fit.values, purchases.frequency, purchases.recency_days / 7, purchases.age_days / 7
        )
        worth = (alive * discounted[of_pair])[of_customer] * gamma_gamma.expected_value(values, x, value)
        return float(worth.sum())

    return work


def lifetimes(x, t_x, age, value):
    """Its fitters and its customer_lifetime_value."""
    import pandas as pd  # noqa: PLC0415
    from lifetimes import BetaGeoFitter, GammaGammaFitter  # noqa: PLC0415

    table = pd.DataFrame({"x": x, "t_x": t_x / 7, "T": age / 7, "m": value})

    def work():
        model = BetaGeoFitter().fit(table["x"], table["t_x"], table["T"])
        bought = table[table["x"] > 0]
        values = GammaGammaFitter().fit(bought["x"], bought["m"])
        worth = values.customer_lifetime_value(
            model, table["x"], table["t_x"], table["T"], table["m"], time=12, freq="W", discount_rate=MONTHLY_RATE
        )
        return float(worth.sum())

    return work


def pymc_marketing(x, t_x, age, value):
    """Maximum a posteriori with flat priors as far as it allows, and its expected_customer_lifetime_value."""
    import pandas as pd  # noqa: PLC0415
    from pymc_marketing import clv  # noqa: PLC0415

    table = pd.DataFrame(
        {"customer_id": np.arange(len(x)), "frequency": x, "recency": t_x / 7, "T": age / 7, "monetary_value": value}
    )

    def work():
        model = clv.BetaGeoModel(data=table[["customer_id", "frequency", "recency", "T"]])
        model.fit(method="map", progressbar=False)
        values = clv.GammaGammaModel(data=table[table["frequency"] > 0][["customer_id", "frequency", "monetary_value"]])
        values.fit(method="map", progressbar=False)
        worth = values.expected_customer_lifetime_value(
            transaction_model=model, data=table, future_t=12, discount_rate=MONTHLY_RATE, time_unit="W"
        )
        return float(worth.sum())

    return work


def cpu_seconds():
    """Of this process and of those that it started (compilers)."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def main():
    """Load, run once, print."""
    package, path = sys.argv[1:]
    with np.load(path) as stored:
        columns = [stored[name] for name in ("frequency", "recency_days", "age_days", "value")]
    work = {"segmentry": segmentry, "lifetimes": lifetimes, "pymc-marketing": pymc_marketing}[package](*columns)
    wall, cpu = time.perf_counter(), cpu_seconds()
    value = work()
    wall, cpu = time.perf_counter() - wall, cpu_seconds() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": peak, "value": value}))


if __name__ == "__main__":
    main()
