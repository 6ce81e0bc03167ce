"""The functions as one writes them for plain ``numba.njit``: loops."""

import math

import numba
import numpy as np

COEFFICIENTS = np.array([0.5, -1.25, 0.75, 2.0, -0.5, 1.5, -2.25, 0.125, 1.0, -0.75, 0.25, 1.75, -1.0])


@numba.njit
def softmax(t):
    result = np.empty_like(t)
    total = 0.0
    for i in range(len(t)):
        result[i] = math.exp(t[i])
        total += result[i]
    for i in range(len(t)):
        result[i] /= total
    return result


@numba.njit
def cumulative_sum(x):
    result = np.empty_like(x)
    total = 0.0
    for i in range(len(x)):
        total += x[i]
        result[i] = total
    return result


@numba.njit
def histogram(x):
    counts = np.zeros(100, np.int64)
    for value in x:
        if -4.0 <= value < 4.0:
            counts[int((value + 4.0) * 12.5)] += 1
        elif value == 4.0:
            counts[99] += 1
    return counts


@numba.njit
def convolution_1d(x, kernel):
    size = len(kernel)
    result = np.empty(len(x) - size + 1, x.dtype)
    for i in range(len(result)):
        total = x.dtype.type(0)
        for j in range(size):
            total += x[i + j] * kernel[size - 1 - j]
        result[i] = total
    return result


@numba.njit
def softmax_rows(x):
    result = np.empty_like(x)
    for i in range(x.shape[0]):
        largest = x[i, 0]
        for j in range(x.shape[1]):
            largest = max(largest, x[i, j])
        total = 0.0
        for j in range(x.shape[1]):
            result[i, j] = math.exp(x[i, j] - largest)
            total += result[i, j]
        for j in range(x.shape[1]):
            result[i, j] /= total
    return result


@numba.njit
def column_maxima(x):
    largest = x[0].copy()
    for i in range(1, x.shape[0]):
        for j in range(x.shape[1]):
            largest[j] = max(largest[j], x[i, j])
    return largest


@numba.njit
def softmax_columns(x):
    largest, total, result = column_maxima(x), np.zeros(x.shape[1]), np.empty_like(x)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            result[i, j] = math.exp(x[i, j] - largest[j])
            total[j] += result[i, j]
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            result[i, j] /= total[j]
    return result


@numba.njit
def logsumexp_rows(x):
    result = np.empty(x.shape[0], x.dtype)
    for i in range(x.shape[0]):
        largest = x[i, 0]
        for j in range(x.shape[1]):
            largest = max(largest, x[i, j])
        total = 0.0
        for j in range(x.shape[1]):
            total += math.exp(x[i, j] - largest)
        result[i] = largest + math.log(total)
    return result


@numba.njit
def logsumexp_columns(x):
    largest, total = column_maxima(x), np.zeros(x.shape[1], x.dtype)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            total[j] += math.exp(x[i, j] - largest[j])
    for j in range(x.shape[1]):
        total[j] = largest[j] + math.log(total[j])
    return total


@numba.njit
def log_softmax_rows(x):
    offsets, result = logsumexp_rows(x), np.empty_like(x)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            result[i, j] = x[i, j] - offsets[i]
    return result


@numba.njit
def log_softmax_columns(x):
    offsets, result = logsumexp_columns(x), np.empty_like(x)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            result[i, j] = x[i, j] - offsets[j]
    return result


@numba.njit
def layer_norm_rows(x):
    result, size = np.empty_like(x), x.shape[1]
    for i in range(x.shape[0]):
        total = 0.0
        for j in range(size):
            total += x[i, j]
        mean = total / size
        total = 0.0
        for j in range(size):
            total += (x[i, j] - mean) ** 2
        scale = math.sqrt(total / size + 1e-5)
        for j in range(size):
            result[i, j] = (x[i, j] - mean) / scale
    return result


@numba.njit
def column_means_and_variances(x):
    mean, variance = np.zeros(x.shape[1]), np.zeros(x.shape[1])
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            mean[j] += x[i, j]
    mean /= x.shape[0]
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            variance[j] += (x[i, j] - mean[j]) ** 2
    return mean, variance / x.shape[0]


@numba.njit
def scaled_columns(x, mean, scale):
    result = np.empty_like(x)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            result[i, j] = (x[i, j] - mean[j]) / scale[j]
    return result


@numba.njit
def layer_norm_columns(x):
    mean, variance = column_means_and_variances(x)
    return scaled_columns(x, mean, np.sqrt(variance + 1e-5))


@numba.njit
def standardize(x):
    mean, variance = column_means_and_variances(x)
    return scaled_columns(x, mean, np.sqrt(variance))


@numba.njit
def variance_of_transposed(x):
    return column_means_and_variances(x)[1].astype(x.dtype)


@numba.njit
def rms_norm_rows(x):
    result = np.empty_like(x)
    for i in range(x.shape[0]):
        total = 0.0
        for j in range(x.shape[1]):
            total += x[i, j] * x[i, j]
        scale = math.sqrt(total / x.shape[1] + 1e-5)
        for j in range(x.shape[1]):
            result[i, j] = x[i, j] / scale
    return result


@numba.njit
def rms_norm_columns(x):
    total = np.zeros(x.shape[1])
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            total[j] += x[i, j] * x[i, j]
    return scaled_columns(x, np.zeros(x.shape[1]), np.sqrt(total / x.shape[0] + 1e-5))


@numba.njit
def cumulative_sum_rows(x):
    result = np.empty_like(x)
    for i in range(x.shape[0]):
        total = 0.0
        for j in range(x.shape[1]):
            total += x[i, j]
            result[i, j] = total
    return result


@numba.njit
def black_scholes(spot, strike, years):
    call, put = np.empty_like(spot), np.empty_like(spot)
    rate, volatility = 0.02, 0.3
    for i in range(len(spot)):
        spread = volatility * math.sqrt(years[i])
        d1 = (math.log(spot[i] / strike[i]) + (rate + 0.5 * volatility**2) * years[i]) / spread
        d2 = d1 - spread
        paid = strike[i] * math.exp(-rate * years[i])
        call[i] = spot[i] * 0.5 * (1 + math.erf(d1 / math.sqrt(2.0))) - paid * 0.5 * (
            1 + math.erf(d2 / math.sqrt(2.0))
        )
        put[i] = call[i] - spot[i] + paid
    return call, put


@numba.njit
def haversine(latitude, longitude, to_latitude, to_longitude):
    result = np.empty_like(latitude)
    for i in range(len(latitude)):
        north = math.sin((to_latitude[i] - latitude[i]) / 2) ** 2
        east = math.sin((to_longitude[i] - longitude[i]) / 2) ** 2
        share = north + math.cos(latitude[i]) * math.cos(to_latitude[i]) * east
        result[i] = 12742.0 * math.asin(math.sqrt(share))
    return result


@numba.njit
def mandelbrot_step(x, y, cx, cy):
    next_x, next_y = np.empty_like(x), np.empty_like(y)
    for i in range(len(x)):
        a, b = x[i], y[i]
        if a * a + b * b <= 4.0:
            next_x[i], next_y[i] = a * a - b * b + cx[i], 2 * a * b + cy[i]
        else:
            next_x[i], next_y[i] = a, b
    return next_x, next_y


@numba.njit
def gelu(x):
    result = np.empty_like(x)
    for i in range(len(x)):
        value = x[i]
        result[i] = 0.5 * value * (1 + math.tanh(0.7978845608028654 * (value + 0.044715 * value**3)))
    return result


@numba.njit
def adam(weight, gradient, first, second, rate):
    moved, next_first, next_second = np.empty_like(weight), np.empty_like(weight), np.empty_like(weight)
    for i in range(len(weight)):
        m = 0.9 * first[i] + 0.1 * gradient[i]
        v = 0.999 * second[i] + 0.001 * gradient[i] ** 2
        moved[i] = weight[i] - rate[i] * (m / 0.1) / (math.sqrt(v / 0.001) + 1e-8)
        next_first[i], next_second[i] = m, v
    return moved, next_first, next_second


@numba.njit
def polynomial(x):
    result = np.empty_like(x)
    for i in range(len(x)):
        y = 0.0
        for coefficient in COEFFICIENTS:
            y = y * x[i] + coefficient
        result[i] = y
    return result


@numba.njit
def squared_distance(a, b, i, j):
    total = a.dtype.type(0)
    for k in range(a.shape[1]):
        total += (a[i, k] - b[j, k]) ** 2
    return total


@numba.njit
def squared_distances(points):
    result = np.empty((len(points), len(points)), points.dtype)
    for i in range(len(points)):
        for j in range(len(points)):
            result[i, j] = squared_distance(points, points, i, j)
    return result


@numba.njit
def rbf_kernel(points):
    result = np.empty((len(points), len(points)), points.dtype)
    for i in range(len(points)):
        for j in range(len(points)):
            result[i, j] = math.exp(-0.5 * squared_distance(points, points, i, j))
    return result


@numba.njit
def nearest_centre(points, centres):
    result = np.empty(len(points), np.int64)
    for i in range(len(points)):
        least = np.inf
        for k in range(len(centres)):
            distance = squared_distance(points, centres, i, k)
            if distance < least:
                least, result[i] = distance, k
    return result


@numba.njit
def jacobi_2d(u):
    v = u.copy()
    for i in range(1, u.shape[0] - 1):
        for j in range(1, u.shape[1] - 1):
            v[i, j] = 0.2 * (u[i, j] + u[i, j - 1] + u[i, j + 1] + u[i + 1, j] + u[i - 1, j])
    return v


@numba.njit
def laplacian(u, i, j):
    return u[i - 1, j] + u[i, j - 1] - 4 * u[i, j] + u[i, j + 1] + u[i + 1, j]


@numba.njit
def gray_scott(u, v):
    next_u, next_v = u.copy(), v.copy()
    for i in range(1, u.shape[0] - 1):
        for j in range(1, u.shape[1] - 1):
            uvv = u[i, j] * v[i, j] * v[i, j]
            next_u[i, j] += 0.16 * laplacian(u, i, j) - uvv + 0.035 * (1 - u[i, j])
            next_v[i, j] += 0.08 * laplacian(v, i, j) + uvv - 0.1 * v[i, j]
    return next_u, next_v


@numba.njit
def box_blur_3d(x):
    n, m, k = x.shape
    result = np.empty((n - 2, m - 2, k - 2), x.dtype)
    for i in range(n - 2):
        for j in range(m - 2):
            for h in range(k - 2):
                total = x.dtype.type(0)
                for a in range(3):
                    for b in range(3):
                        for c in range(3):
                            total += x[i + a, j + b, h + c]
                result[i, j, h] = total / 27
    return result


@numba.njit
def convolution_2d(image, kernel):
    n, m = image.shape
    result = np.empty((n - 4, m - 4), image.dtype)
    for i in range(n - 4):
        for j in range(m - 4):
            total = image.dtype.type(0)
            for a in range(5):
                for b in range(5):
                    total += kernel[a, b] * image[i + a, j + b]
            result[i, j] = total
    return result


@numba.njit
def attention(q, k, v):
    return softmax_rows(q @ k.T / q.dtype.type(math.sqrt(q.shape[1]))) @ v


@numba.njit
def mlp(weights, x):
    w1, b1, w2, b2, w3, b3 = weights
    return np.tanh(np.tanh(x @ w1 + b1) @ w2 + b2) @ w3 + b3


@numba.njit
def increment(x):
    return x + 1
