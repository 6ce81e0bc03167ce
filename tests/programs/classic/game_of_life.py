# defn
"""Conway's game of life in place, on a board framed with dead cells."""

import numpy as np


def game_of_life(board, steps):
    for _ in range(steps):
        neighbours = (
            board[:-2, :-2] + board[:-2, 1:-1] + board[:-2, 2:]
            + board[1:-1, :-2] + board[1:-1, 2:]
            + board[2:, :-2] + board[2:, 1:-1] + board[2:, 2:]
        )  # fmt: skip
        alive = board[1:-1, 1:-1]
        birth = (neighbours == 3) & (alive == 0)
        survival = ((neighbours == 2) | (neighbours == 3)) & (alive == 1)
        board[...] = 0
        board[1:-1, 1:-1][birth | survival] = 1
    return board


def board(n, m, dtype=np.int64):  # defn: off
    cells = np.zeros((n + 2, m + 2), dtype)
    cells[1:-1, 1:-1] = np.random.default_rng(n).integers(0, 2, (n, m))
    return cells


def cases():  # defn: off
    return [
        ("game_of_life", (board(6, 7), 4), {}),
        ("game_of_life", (board(5, 5, np.uint8), 3), {}),
        ("game_of_life", (board(4, 4), 0), {}),
    ]


CASES = cases()
BENCHMARKS = {
    "game_of_life": lambda: (board(500, 500), 10),
}
