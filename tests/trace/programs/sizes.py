# defn
"""Sizes that depend on loops: triangular solves, windows, sparse rows, products inside loops."""

import numpy as np


def lu(A):
    n = A.shape[0]
    for i in range(n):
        for j in range(i):
            A[i, j] -= A[i, :j] @ A[:j, j]
            A[i, j] /= A[j, j]
        for j in range(i, n):
            A[i, j] -= A[i, :i] @ A[:i, j]


def cholesky(A):
    n = A.shape[0]
    for i in range(n):
        for j in range(i):
            A[i, j] -= np.dot(A[i, :j], A[j, :j])
            A[i, j] /= A[j, j]
        A[i, i] = np.sqrt(A[i, i] - np.dot(A[i, :i], A[i, :i]))


def ludcmp(A, b):
    n = len(b)
    x = np.zeros_like(b)
    y = np.zeros_like(b)
    for i in range(n):
        y[i] = b[i] - A[i, :i] @ y[:i]
    for i in range(n - 1, -1, -1):
        x[i] = (y[i] - A[i, i + 1 :] @ x[i + 1 :]) / A[i, i]
    return x


def durbin(r):
    y = np.empty_like(r)
    alpha = -r[0]
    beta = 1.0
    y[0] = -r[0]
    for k in range(1, r.shape[0]):
        beta *= 1.0 - alpha * alpha
        alpha = -(r[k] + np.dot(np.flip(r[:k]), y[:k])) / beta
        y[:k] += alpha * np.flip(y[:k])
        y[k] = alpha
    return y


def durbin2(r):
    y = np.empty_like(r)
    y[0] = -r[0]
    for k in range(1, r.shape[0]):
        y[k] = r[k] + np.dot(r[k - 1 :: -1], y[:k])
    return y


def means(x):
    out = np.zeros(len(x))
    for i in range(len(x)):
        out[i] = np.mean(x[: i + 1]) + len(x[i:]) + x[i:].max() + x[:i].size
    return out


def var(x):
    out = np.zeros(len(x))
    for i in range(1, len(x)):
        out[i] = np.var(x[:i])
    return out


def emptymax(x):
    s = 0.0
    for i in range(len(x)):
        s += np.max(x[:i])
    return s


def mism(x, n):
    s = 0.0
    for i in range(n):
        s += np.sum(x[: i + 1] * x[i:])
    return s


def csr(data, indices, indptr, x):
    y = np.zeros(len(indptr) - 1)
    for i in range(len(indptr) - 1):
        t = 0.0
        for k in range(indptr[i], indptr[i + 1]):
            t += data[k] * x[indices[k]]
        y[i] = t
    return y


def csr2(data, indptr):
    y = np.zeros(len(indptr) - 1)
    for i in range(len(indptr) - 1):
        y[i] = np.sum(data[indptr[i] : indptr[i + 1]])
    return y


def conv(x, w):
    H, W = x.shape
    K = w.shape[0]
    out = np.zeros((H - K + 1, W - K + 1))
    for i in range(H - K + 1):
        for j in range(W - K + 1):
            out[i, j] = np.sum(x[i : i + K, j : j + K] * w)
    return out


def am(x):
    out = np.zeros((3,), dtype=np.int64)
    best = np.zeros(x.shape[0], dtype=np.int64)
    for i in range(x.shape[0]):
        best[i] = np.argmax(x[i])
        out[np.argmin(x[i])] += 1
    c = np.zeros(3, dtype=np.int64)
    for i in range(2):
        c += np.argmax(x, axis=0)
    return best, out, c


def parts(x):
    k = int(x[0, 0])
    return x[:k], x[:k, 1], x[:k].T, x[:k] + 1


def row_of_rows(x, n):
    if x[0, 0] < 1:
        x[n] = x[n + 1 :]


def into_a_part(x):
    k = 0
    while x[k] > 1:
        k += 1
    x[:k] //= x[:2]
    np.add(x[1:3], x[:2], out=x[:k])


def matvec(A, b):
    s = 0.0
    for i in range(3):
        s += (A @ b).sum() + (A @ A)[0, 1] + (b @ A)[1]
    return s


def tri(A):
    n = len(A)
    for i in range(n):
        for j in range(n):
            A[i, j] += A[i, i:] @ A[i:, j]
    return A


def gram(A):
    n = A.shape[1]
    Q = np.zeros_like(A)
    for k in range(n):
        v = A[:, k] - Q[:, :k] @ (A[:, k] @ Q[:, :k])
        Q[:, k] = v / np.sqrt(v @ v)
    return Q


rng = np.random.default_rng(0)
M = rng.random((6, 6)) + 6 * np.eye(6)
S = M @ M.T
NX = rng.random((4, 3))
NX[2, 1] = np.nan
CASES = [
    *(("parts", (np.full((3, 3), number),)) for number in (-2.0, 2.0, 5.0)),
    *(("row_of_rows", (np.zeros((3, 4)), n)) for n in (0, 1)),
    *(("into_a_part", (np.array(numbers),)) for numbers in ([4.0, 3, 1, 1], [4.0, 3, 2, 1])),
    ("lu", (M.copy(),)),
    ("cholesky", (S.copy(),)),
    ("ludcmp", (M.copy(), rng.random(6))),
    ("durbin", (rng.random(7),)),
    ("durbin2", (rng.random(7),)),
    ("means", (rng.random(5),)),
    ("var", (rng.random(5),)),
    ("emptymax", (rng.random(4),)),
    ("mism", (rng.random(5), 3)),
    ("mism", (rng.random(1), 1)),
    ("csr", (rng.random(5), np.array([0, 2, 1, 0, 2]), np.array([0, 2, 3, 3, 5]), rng.random(3))),
    ("csr2", (rng.random(5), np.array([0, 2, 3, 3, 5]))),
    ("conv", (rng.random((6, 7)), rng.random((3, 3)))),
    ("am", (NX,)),
    ("matvec", (M, rng.random(6))),
    ("tri", (M.copy(),)),
    ("gram", (M.copy(),)),
]
