"""Random programs with loops, branches and writes that are smooth around their argument."""

from __future__ import annotations

import random
from textwrap import indent

UNARY = [
    "np.sin({})",
    "np.tanh({})",
    "np.exp(-{} * {})",
    "np.cos({}) * 0.5",
    "np.sqrt(1.0 + {} * {})",
    "np.log1p({} ** 2)",
    "np.arctan({})",
    "{} / (1.0 + {} * {})",
    "np.where({} > 0.1, {} * {}, 0.1 * {})",
    "np.square({}) * 0.3",
]
BINARY = [
    "{a} * {b}",
    "{a} + 0.5 * {b}",
    "{a} - {b} / 3",
    "np.hypot({a}, {b} + 2.0)",
    "{a} / (2.0 + np.cos({b}))",
]
SHAPING = [
    "{v}[::-1]",
    "np.roll({v}, 1)",
    "np.cumsum({v}) * 0.2",
    "np.concatenate([{v}[2:], {v}[:2]])",
    "{v}[np.array([3, 0, 0, 1])]",
    "{v}.reshape(2, 2).T.ravel()",
    "np.outer({v}, {v})[1]",
    "np.full(4, {s})",
]
SCALAR = [
    "np.sum({v}) * 0.3",
    "{v}[{i}]",
    "np.mean({v} * {v})",
    "np.dot({v}, {v}[::-1]) * 0.2",
    "np.max({v})",
]


class Writer:
    """Writes the body of a function of a vector ``x`` of four numbers."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.numbers = 0

    def new(self, letter: str) -> str:
        self.numbers += 1
        return f"{letter}{self.numbers}"

    def program(self) -> str:
        """The text of the function ``main``."""
        vectors, scalars = ["x"], ["0.7"]
        lines = self.block(vectors, scalars, self.random.randint(3, 7), 0)
        total = " + ".join([*(f"np.sum({v} * {v})" for v in vectors[-2:]), *scalars[-2:]])
        return "def main(x):\n" + indent("\n".join([*lines, f"return {total}"]), "    ") + "\n"

    def block(self, vectors: list[str], scalars: list[str], count: int, depth: int) -> list[str]:
        lines: list[str] = []
        for _ in range(count):
            kinds = [self.assign, self.assign, self.scalar, self.write]
            if depth < 2:
                kinds += [self.loop, self.loop, self.branch, self.until]
            lines += self.random.choice(kinds)(vectors, scalars, depth)
        return lines

    def expression(self, names: list[str]) -> str:
        a, b = self.random.choice(names), self.random.choice(names)
        if self.random.random() < 0.5:
            return self.random.choice(UNARY).replace("{}", a)
        return self.random.choice(BINARY).format(a=a, b=b)

    def assign(self, vectors: list[str], scalars: list[str], depth: int) -> list[str]:
        name = self.new("v")
        if self.random.random() < 0.35:
            v, s = self.random.choice(vectors), self.random.choice(scalars)
            text = self.random.choice(SHAPING).format(v=v, s=s)
        else:
            text = self.expression([self.random.choice(vectors), *vectors, *scalars[-1:]])
        vectors.append(name)
        return [f"{name} = {text} + 0.1 * {vectors[0]}"]

    def scalar(self, vectors: list[str], scalars: list[str], depth: int) -> list[str]:
        name = self.new("s")
        v = self.random.choice(vectors)
        text = self.random.choice(SCALAR).format(v=v, i=self.random.randint(0, 3))
        if self.random.random() < 0.5:
            text = f"{text} * {self.random.choice(scalars)}"
        scalars.append(name)
        return [f"{name} = np.tanh({text}) + 0.05 * {vectors[0]}[0]"]

    def write(self, vectors: list[str], scalars: list[str], depth: int) -> list[str]:
        name, v, s = self.new("v"), self.random.choice(vectors), self.random.choice(scalars)
        part = self.random.choice(["[1]", "[1:3]", "[::2]", "[np.array([2, 0])]", "[-1]"])
        value = self.random.choice([s, f"{s} * {v}[0]", f"np.sin({v}[3])"])
        change = self.random.choice([f"= {value}", f"+= {value}", f"*= {value}"])
        vectors.append(name)
        return [f"{name} = {v} * 1.0", f"{name}{part} {change}"]

    def loop(self, vectors: list[str], scalars: list[str], depth: int) -> list[str]:
        v, s, i = self.new("v"), self.new("s"), self.new("i")
        start_v, start_s = self.random.choice(vectors), self.random.choice(scalars)
        inner_v, inner_s = [*vectors, v], [*scalars, s]
        body = self.block(inner_v, inner_s, self.random.randint(1, 2), depth + 1)
        place = self.random.choice([f"[{i} % 4]", f"[{i} - 1]", "[0]"])
        body += self.random.choice(
            [
                [f"{v} = 0.5 * {inner_v[-1]} + 0.2 * {v}", f"{s} = np.sin({inner_s[-1]}) + {v}{place}"],
                [f"{v}{place} = 0.5 * {v}[{i} - 2] + {inner_s[-1]}", f"{s} = {s} * 0.5 + {inner_v[-1]}[1]"],
                [f"{s} += {v}{place} * {inner_s[-1]}", f"{v} = {v} * 0.9 + 0.1 * {inner_v[-1]}"],
            ]
        )
        if self.random.random() < 0.3:
            body += [f"if {s} > 1.37:", "    break"]
        vectors.append(v)
        scalars.append(s)
        steps = self.random.choice(["range(1, 4)", "range(3, 0, -1)", "range(2)", "range(1, 4, 2)"])
        head = [f"{v} = {start_v} * 1.0", f"{s} = {start_s} * 1.0", f"for {i} in {steps}:"]
        return [*head, *(f"    {line}" for line in body)]

    def until(self, vectors: list[str], scalars: list[str], depth: int) -> list[str]:
        s = self.new("s")
        start = self.random.choice(scalars)
        step = self.random.choice(
            [f"{s} = {s} * 1.7 + 0.3", f"{s} = {s} + 0.4 + 0.1 * {s} * {vectors[-1]}[1] ** 2"]
        )
        scalars.append(s)
        if depth and self.random.random() < 0.5:
            return [
                f"{s} = np.abs({start}) + 0.2",
                "for _ in range(9):",
                f"    {step}",
                f"    if {s} > 4:",
                "        break",
            ]
        return [f"{s} = np.abs({start}) + 0.2", f"while {s} < 4:", f"    {step}"]

    def branch(self, vectors: list[str], scalars: list[str], depth: int) -> list[str]:
        v, s = self.new("v"), self.new("s")
        test = f"{self.random.choice(scalars)} > {self.random.choice(['0.03', '-0.21', '0.55'])}"
        sides = []
        for _ in range(2):
            inner_v, inner_s = list(vectors), list(scalars)
            body = self.block(inner_v, inner_s, self.random.randint(1, 2), depth + 1)
            sides.append([*body, f"{v} = {inner_v[-1]} * 1.0", f"{s} = {inner_s[-1]} * 1.0"])
        vectors.append(v)
        scalars.append(s)
        then, otherwise = ([f"    {line}" for line in side] for side in sides)
        return [f"if {test}:", *then, "else:", *otherwise]


def written(seed: int) -> str:
    """A marked module with a function ``main`` of four numbers."""
    return f"# defn\nimport numpy as np\n\n\n{Writer(seed).program()}"
