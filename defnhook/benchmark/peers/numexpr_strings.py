"""The functions as one writes them for numexpr, where its strings can say them."""

import numexpr
import numpy as np

COEFFICIENTS = (0.5, -1.25, 0.75, 2.0, -0.5, 1.5, -2.25, 0.125, 1.0, -0.75, 0.25, 1.75, -1.0)


def evaluate(text, dtype, **operands):
    """The value of a string. A constant written into one is of double precision: those are operands as well."""
    operands = {name: np.asarray(value, dtype) for name, value in operands.items()}
    return numexpr.evaluate(text, local_dict=operands)


def softmax(t):
    e = evaluate("exp(t)", t.dtype, t=t)
    return evaluate("e / total", t.dtype, e=e, total=evaluate("sum(e)", t.dtype, e=e))


def sums(text, axis, dtype, **operands):
    """The sums of the values of a string along an axis, which is kept."""
    return np.expand_dims(evaluate(f"sum({text}, axis={axis})", dtype, **operands), axis)


def softmax_along(x, axis):
    e = evaluate("exp(x - largest)", x.dtype, x=x, largest=np.max(x, axis=axis, keepdims=True))
    return evaluate("e / total", x.dtype, e=e, total=sums("e", axis, x.dtype, e=e))


def log_softmax_along(x, axis):
    largest = np.max(x, axis=axis, keepdims=True)
    total = sums("exp(x - largest)", axis, x.dtype, x=x, largest=largest)
    return evaluate("x - offset", x.dtype, x=x, offset=largest + np.log(total))


def logsumexp_along(x, axis):
    largest = np.max(x, axis=axis, keepdims=True)
    total = sums("exp(x - largest)", axis, x.dtype, x=x, largest=largest)
    return np.squeeze(largest + np.log(total), axis)


def layer_norm_along(x, axis):
    mean = np.mean(x, axis=axis, keepdims=True)
    squares = sums("(x - mean) * (x - mean)", axis, x.dtype, x=x, mean=mean)
    scale = np.sqrt(squares / x.shape[axis] + 1e-5)
    return evaluate("(x - mean) / scale", x.dtype, x=x, mean=mean, scale=scale)


def rms_norm_along(x, axis):
    scale = np.sqrt(sums("x * x", axis, x.dtype, x=x) / x.shape[axis] + 1e-5)
    return evaluate("x / scale", x.dtype, x=x, scale=scale)


def softmax_rows(x):
    return softmax_along(x, 1)


def softmax_columns(x):
    return softmax_along(x, 0)


def log_softmax_rows(x):
    return log_softmax_along(x, 1)


def log_softmax_columns(x):
    return log_softmax_along(x, 0)


def logsumexp_rows(x):
    return logsumexp_along(x, 1)


def logsumexp_columns(x):
    return logsumexp_along(x, 0)


def layer_norm_rows(x):
    return layer_norm_along(x, 1)


def layer_norm_columns(x):
    return layer_norm_along(x, 0)


def rms_norm_rows(x):
    return rms_norm_along(x, 1)


def rms_norm_columns(x):
    return rms_norm_along(x, 0)


def standardize(x):
    mean = np.mean(x, axis=0)
    deviation = np.sqrt(evaluate("sum((x - m) * (x - m), axis=0)", x.dtype, x=x, m=mean) / len(x))
    return evaluate("(x - mean) / deviation", x.dtype, x=x, mean=mean, deviation=deviation)


def haversine(latitude, longitude, to_latitude, to_longitude):
    text = "d * arcsin(sqrt(sin((c - a) / two) ** 2 + cos(a) * cos(c) * sin((e - b) / two) ** 2))"
    dtype = latitude.dtype
    places = {"a": latitude, "b": longitude, "c": to_latitude, "e": to_longitude}
    return evaluate(text, dtype, d=12742.0, two=2.0, **places)


def mandelbrot_step(x, y, cx, cy):
    operands = {"x": x, "y": y, "cx": cx, "cy": cy}
    inside = "x * x + y * y <= 4"
    return (
        evaluate(f"where({inside}, x * x - y * y + cx, x)", x.dtype, **operands),
        evaluate(f"where({inside}, 2 * x * y + cy, y)", x.dtype, **operands),
    )


def gelu(x):
    constants = {"half": 0.5, "slope": 0.7978845608028654, "cubic": 0.044715}
    return evaluate("half * x * (1 + tanh(slope * (x + cubic * x * x * x)))", x.dtype, x=x, **constants)


def adam(weight, gradient, first, second, rate):
    dtype = weight.dtype
    first = evaluate("a * m + b * g", dtype, a=0.9, b=0.1, m=first, g=gradient)
    second = evaluate("a * v + b * g * g", dtype, a=0.999, b=0.001, v=second, g=gradient)
    text = "w - rate * (m / a) / (sqrt(v / b) + c)"
    constants = {"a": 0.1, "b": 0.001, "c": 1e-8}
    return evaluate(text, dtype, w=weight, rate=rate, m=first, v=second, **constants), first, second


def polynomial(x):
    names = [f"c{place}" for place in range(len(COEFFICIENTS))]
    text = f"{names[0]} * x"
    for name in names[1:-1]:
        text = f"({text} + {name}) * x"
    return evaluate(f"{text} + {names[-1]}", x.dtype, x=x, **dict(zip(names, COEFFICIENTS, strict=True)))


def squared_distances(points):
    pairs = {"a": points[:, None, :], "b": points[None, :, :]}
    return evaluate("sum((a - b) ** 2, axis=2)", points.dtype, **pairs)


def rbf_kernel(points):
    return evaluate("exp(-half * squares)", points.dtype, squares=squared_distances(points), half=0.5)


def nearest_centre(points, centres):
    pairs = {"a": points[:, None, :], "b": centres[None, :, :]}
    return np.argmin(evaluate("sum((a - b) ** 2, axis=2)", points.dtype, **pairs), axis=1)


def neighbours(u):
    """A point and those around it."""
    return {"a": u[1:-1, 1:-1], "b": u[1:-1, :-2], "c": u[1:-1, 2:], "d": u[2:, 1:-1], "e": u[:-2, 1:-1]}


def jacobi_2d(u):
    v = u.copy()
    v[1:-1, 1:-1] = evaluate("factor * (a + b + c + d + e)", u.dtype, factor=0.2, **neighbours(u))
    return v


def gray_scott(u, v):
    next_u, next_v = u.copy(), v.copy()
    spread = "rate * (b + c + d + e - 4 * a)"
    text = f"a + {spread} - a * v * v + feed * (1 - a)"
    constants = {"rate": 0.16, "feed": 0.035, "v": v[1:-1, 1:-1]}
    next_u[1:-1, 1:-1] = evaluate(text, u.dtype, **constants, **neighbours(u))
    text = f"a + {spread} + u * a * a - kill * a"
    constants = {"rate": 0.08, "kill": 0.1, "u": u[1:-1, 1:-1]}
    next_v[1:-1, 1:-1] = evaluate(text, v.dtype, **constants, **neighbours(v))
    return next_u, next_v
