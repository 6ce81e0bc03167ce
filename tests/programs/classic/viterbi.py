# defn
"""The most probable way through a hidden Markov model, in logarithms of probabilities."""

import numpy as np


def viterbi(start, transition, emission, observed):
    steps = len(observed)
    states = len(start)
    best = np.empty((steps, states))
    back = np.zeros((steps, states), dtype=np.int64)
    best[0] = start + emission[:, observed[0]]
    for t in range(1, steps):
        scores = best[t - 1][:, np.newaxis] + transition
        back[t] = np.argmax(scores, axis=0)
        best[t] = np.max(scores, axis=0) + emission[:, observed[t]]
    path = np.empty(steps, dtype=np.int64)
    path[-1] = np.argmax(best[-1])
    for t in range(steps - 2, -1, -1):
        path[t] = back[t + 1, path[t + 1]]
    return path, best[-1].max()


def model(states, symbols, steps):  # defn: off
    rng = np.random.default_rng(states)
    start, transition, emission = (
        rng.uniform(0.1, 1, s) for s in ((states,), (states, states), (states, symbols))
    )
    return (
        np.log(start / start.sum()),
        np.log(transition / transition.sum(axis=1, keepdims=True)),
        np.log(emission / emission.sum(axis=1, keepdims=True)),
        rng.integers(0, symbols, steps),
    )


def cases():  # defn: off
    return [
        ("viterbi", model(3, 4, 8), {}),
        ("viterbi", model(2, 2, 1), {}),
        ("viterbi", model(5, 3, 20), {}),
    ]


CASES = cases()
BENCHMARKS = {
    "viterbi": lambda: model(32, 16, 2_000),
}
