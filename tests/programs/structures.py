# defn
"""Containers as arguments and results."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np


class Bounds(NamedTuple):
    low: float
    high: float


@dataclass(frozen=True)
class State:
    position: np.ndarray
    velocity: np.ndarray
    time: float = 0.0
    label: str = "free"

    def energy(self):
        return 0.5 * np.sum(self.velocity**2) + 9.81 * np.sum(self.position[:, 1])


@dataclass
class Body:
    mass: float
    state: State


def step(state, dt):
    acceleration = np.array([0.0, -9.81])
    velocity = state.velocity + dt * acceleration
    return State(state.position + dt * velocity, velocity, state.time + dt, state.label)


def advance(body, dt):
    return Body(body.mass, step(body.state, dt))


def clip_to(x, bounds):
    return np.clip(x, bounds.low, bounds.high), Bounds(bounds.high, bounds.low)


def tree(parameters, rate):
    return {name: value - rate * np.sign(value) for name, value in parameters.items()}


def nested(values):
    (a, b), rest = values["pair"], values["rest"]
    return [a + b, [x * 2 for x in rest], {"n": len(rest), "first": rest[0] if rest else None}]


def unpacked(*arrays, **options):
    total = sum(arrays)
    return total * options.get("scale", 1), len(arrays), sorted(options)


def rebuilt(pairs):
    table = dict(pairs)
    return [table[key] for key in sorted(table)], table


def energy_of(state):
    return state.energy(), state.label


def same_containers(values):
    return values, list(values), tuple(values)


def cases():  # defn: off
    rng = np.random.default_rng(9)
    x = rng.normal(size=(3, 2))
    state, small = State(x, x + 1), State(x.astype("f4"), x.astype("f4"), 1, "small")
    return [
        ("step", (state, 0.1), {}),
        ("step", (small, 0.1), {}),
        ("advance", (Body(2.0, state), 0.1), {}),
        ("advance", (Body(2, replace(state, time=np.float64(1))), np.float32(0.5)), {}),
        ("clip_to", (x, Bounds(-0.5, 0.5)), {}),
        ("clip_to", (x.astype("f4"), Bounds(-1, np.float32(0.5))), {}),
        ("tree", ({"w": x, "b": x[0]}, 0.1), {}),
        ("tree", ({"b": x[0], "w": x}, 0.1), {}),
        ("tree", ({}, 0.1), {}),
        ("nested", ({"pair": (x, 1), "rest": [x[0], x[1]]},), {}),
        ("nested", ({"pair": [x, x.T[0][:2]], "rest": []},), {}),
        ("unpacked", (x, x), {}),
        ("unpacked", (x, 1, 2.5), {"scale": 2, "other": None}),
        ("unpacked", (), {}),
        ("rebuilt", ([("b", x), ("a", 1)],), {}),
        ("energy_of", (state,), {}),
        ("energy_of", (small,), {}),
        ("same_containers", ([x, 1],), {}),
    ]


CASES = cases()
