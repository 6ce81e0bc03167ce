# defn
"""A perceptron, one head of attention, losses; parameters in dictionaries, lists and classes."""

from dataclasses import dataclass

import numpy as np


@dataclass
class Layer:
    weight: np.ndarray
    bias: np.ndarray


def linear(layer, x):
    return x @ layer.weight + layer.bias


def forward(layers, x):
    for layer in layers[:-1]:
        x = np.maximum(linear(layer, x), 0)
    return linear(layers[-1], x)


def forward_by_name(parameters, x):
    hidden = np.tanh(x @ parameters["hidden"]["w"] + parameters["hidden"]["b"])
    return {"hidden": hidden, "out": hidden @ parameters["out"]["w"] + parameters["out"]["b"]}


def attention(q, k, v, causal=False):
    scores = q @ k.T / np.sqrt(q.shape[-1])
    if causal:
        scores = np.where(np.tri(q.shape[0], k.shape[0], dtype=bool), scores, -np.inf)
    scores = scores - scores.max(axis=-1, keepdims=True)
    weights = np.exp(scores)
    return (weights / weights.sum(axis=-1, keepdims=True)) @ v


def attention_in_heads(x, heads):
    n, d = x.shape
    split = x.reshape(n, heads, d // heads).transpose(1, 0, 2)
    scores = split @ split.transpose(0, 2, 1)
    return (scores @ split).transpose(1, 0, 2).reshape(n, d)


def logistic_loss(w, x, y):
    z = x @ w
    return np.mean(np.logaddexp(0, z) - y * z)


def cross_entropy(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    picked = np.where(np.arange(logits.shape[1]) == labels[:, None], log_p, 0)
    return -picked.sum() / len(labels)


def accuracy(logits, labels):
    return np.mean(np.argmax(logits, axis=1) == labels)


class Model:
    scale = 2.0

    def __init__(self, w, layers):  # defn: off
        self.w = w
        self.layers = layers
        self.count = 3

    def __call__(self, x):
        return self.score(x) * self.scale + self.count

    def score(self, x):
        return np.tanh(x * self.w)

    def deep(self, x):
        return forward(self.layers, x)

    @staticmethod
    def twice(x):
        return x * 2

    @classmethod
    def scaled(cls, x):
        return cls.twice(x) * cls.scale

    @property
    def squared(self):
        return self.w * self.w


MODEL = Model(np.arange(3.0), [Layer(np.ones((3, 2)), np.zeros(2))])


def cases():  # defn: off
    rng = np.random.default_rng(6)
    x = rng.normal(size=(5, 4))
    layers = [
        Layer(rng.normal(size=(4, 6)), rng.normal(size=6)),
        Layer(rng.normal(size=(6, 2)), rng.normal(size=2)),
    ]
    small = [Layer(one.weight.astype("f4"), one.bias.astype("f4")) for one in layers]
    named = {
        "hidden": {"w": layers[0].weight, "b": layers[0].bias},
        "out": {"w": layers[1].weight, "b": layers[1].bias},
    }
    q, k, v = rng.normal(size=(3, 5, 4))
    return [
        ("forward", (layers, x), {}),
        ("forward", (small, x.astype("f4")), {}),
        ("forward", (layers, x[0]), {}),
        ("forward", (layers, x[:, :3]), {}),
        ("forward_by_name", (named, x), {}),
        ("attention", (q, k, v), {}),
        ("attention", (q.astype("f4"), k.astype("f4"), v.astype("f4")), {"causal": True}),
        ("attention_in_heads", (x, 2), {}),
        ("attention_in_heads", (x, 3), {}),
        ("logistic_loss", (rng.normal(size=4), x, rng.integers(0, 2, 5)), {}),
        ("logistic_loss", (rng.normal(size=4).astype("f4"), x.astype("f4"), rng.integers(0, 2, 5) > 0), {}),
        ("cross_entropy", (x, rng.integers(0, 4, 5)), {}),
        ("accuracy", (x, rng.integers(0, 4, 5)), {}),
        ("MODEL", (rng.normal(size=3),), {}),
        ("MODEL.score", (rng.normal(size=3).astype("f4"),), {}),
        ("MODEL.deep", (rng.normal(size=(2, 3)),), {}),
        ("MODEL.twice", (np.arange(3),), {}),
        ("MODEL.scaled", (np.arange(3),), {}),
        ("Model.scaled", (3,), {}),
    ]


CASES = cases()
