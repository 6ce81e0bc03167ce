# defn
"""Option prices and returns."""

from typing import NamedTuple

import numpy as np


class Greeks(NamedTuple):
    price: np.ndarray
    delta: np.ndarray


def normal_cdf(x):
    t = 1 / (1 + 0.2316419 * np.abs(x))
    series = t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    upper = 1 - np.exp(-x * x / 2) / np.sqrt(2 * np.pi) * series
    return np.where(x >= 0, upper, 1 - upper)


def black_scholes(spot, strike, time, rate, volatility):
    width = volatility * np.sqrt(time)
    d1 = (np.log(spot / strike) + (rate + 0.5 * volatility**2) * time) / width
    d2 = d1 - width
    call = spot * normal_cdf(d1) - strike * np.exp(-rate * time) * normal_cdf(d2)
    return Greeks(price=call, delta=normal_cdf(d1))


def log_returns(prices):
    return np.diff(np.log(prices), axis=0)


def annualized(prices, periods=252):
    returns = log_returns(prices)
    return returns.mean(axis=0) * periods, returns.std(axis=0, ddof=1) * np.sqrt(periods)


def compound(amount, rate, years):
    for _ in range(years):
        amount = amount * (1 + rate)
    return amount


def cases():  # defn: off
    rng = np.random.default_rng(3)
    spot, strike = rng.uniform(80, 120, 6), rng.uniform(80, 120, 6)
    prices = np.exp(np.cumsum(rng.normal(size=(8, 3)) / 10, axis=0))
    return [
        ("black_scholes", (spot, strike, 0.5, 0.01, 0.2), {}),
        ("black_scholes", (spot.astype("f4"), strike.astype("f4"), 0.5, 0.01, 0.2), {}),
        ("black_scholes", (spot[:, None], strike[:4], 1, 0.01, 0.2), {}),
        ("black_scholes", (100.0, 95.0, 0.5, 0.01, 0.2), {}),
        ("black_scholes", (spot, strike, 0, 0.01, 0.2), {}),
        ("log_returns", (prices,), {}),
        ("annualized", (prices,), {}),
        ("annualized", (prices.astype("f4"), 12), {}),
        ("compound", (100.0, 0.05, 3), {}),
        ("compound", (spot, 0.05, 3), {}),
        ("compound", (np.float32(100), 0.05, 2), {}),
        ("compound", (100, 1, 2), {}),
        ("compound", (100, 1, 0), {}),
    ]


CASES = cases()
