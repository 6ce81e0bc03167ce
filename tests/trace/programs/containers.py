# defn
"""The caller's lists, dicts and objects, changed by a call."""

from dataclasses import dataclass

import numpy as np


@dataclass
class State:
    position: np.ndarray
    steps: int = 0


def descend(params, x):
    params["w"] = params["w"] - 0.1 * x
    params["b"] += 1
    params["new"] = np.sum(x)
    return params["w"]


def in_place(params, x):
    params["w"] -= x
    params["w"][0] = 7
    return params


def appended(values, x):
    values.append(x[0])
    values[0] = x * 2
    values[1][0] = 5.0
    return len(values)


def nested(tree, x):
    tree["inner"]["w"] = x + 1
    tree["list"] += [x]
    return tree["inner"]["w"][0]


def stepped(state, x):
    state.position = state.position + x
    state.steps += 1
    return state.steps


def own(x):
    state = State(x * 1.0)
    state.steps += 3
    state.position[0] = 4
    return state


def popped(values, x):
    last = values.pop()
    values.reverse()
    return last * x


CASES = [
    ("descend", ({"w": np.ones(3), "b": 2.0}, np.arange(3.0))),
    ("in_place", ({"w": np.ones(3), "b": 2.0}, np.arange(3.0))),
    ("appended", ([1.0, np.zeros(2)], np.arange(3.0))),
    ("nested", ({"inner": {"w": np.zeros(2)}, "list": [1.0]}, np.arange(2.0))),
    ("stepped", (State(np.ones(2)), np.arange(2.0))),
    ("own", (np.arange(2.0),)),
    ("popped", ([1.0, 2.0, np.ones(2)], np.arange(2.0))),
]
