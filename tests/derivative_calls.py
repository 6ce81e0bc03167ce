"""The calls whose derivatives are checked, one a line."""

from __future__ import annotations


def listed(text: str) -> list[str]:
    """The lines of a list that are not empty."""
    return [line for line in text.splitlines() if line]


SHARED = listed("""
np.linalg.inv(m)
np.linalg.inv(t)
np.linalg.det(m)
np.linalg.slogdet(t)
np.linalg.solve(t, b)
np.linalg.solve(m, v)
np.linalg.pinv(x)
np.linalg.cholesky(s)
np.linalg.cholesky(s, upper=True)
np.linalg.qr(x)
np.linalg.eigvalsh(s)
np.abs(np.linalg.eigh(s)[1])
np.linalg.svd(x, full_matrices=False)[1]
[np.abs(np.linalg.svd(x, full_matrices=False)[i]) for i in (0, 2)]
np.linalg.svdvals(x)
np.linalg.lstsq(x, w[:5])
np.linalg.lstsq(x, x[:, :2] ** 2)
np.linalg.lstsq(x.T, v, rcond=None)[0]
np.linalg.cond(x)
np.linalg.cond(t, -2)
np.linalg.matrix_power(m, 3)
np.linalg.matrix_power(m, -2)
[sl.solve_triangular(m, b, trans=trans, lower=True) for trans in ('N', 'T', 'C')]
sl.solve_triangular(m, v, unit_diagonal=True)
np.tril(sl.cho_factor(s, lower=True)[0])
np.triu(sl.cho_factor(s)[0])
sl.cho_solve((m, True), b)
sl.cho_solve((m, False), v)
sl.cho_solve((np.linalg.cholesky(s), True), b)
sl.cho_solve((np.linalg.cholesky(s, upper=True), False), v * s[0])
sl.cho_solve((np.linalg.cholesky(s), False), v)
sl.cho_solve(sl.cho_factor(s), b * b)
sl.cho_solve(sl.cho_factor(s, lower=True), v) @ np.linalg.cholesky(s)
np.log(np.diag(np.linalg.cholesky(s)))
np.diag(np.linalg.cholesky(s, upper=True)) ** 2
np.diag(sl.cho_factor(s)[0]) * np.diag(sl.cho_factor(s, lower=True)[0])
sl.lu(m)[1:]
sl.lu(x, permute_l=True)
sl.lu(x.T)[1:]
sl.solve_toeplitz((v + 3, v[::-1] * 0.5), b)
sl.solve_toeplitz(v + 3, v)
sl.expm(m / 5)
np.fft.fft(x, axis=0)
np.fft.ifft(x, n=4)
np.fft.irfft(x)
np.fft.hfft(x)
np.fft.fft2(x)
np.fft.fftshift(x)
np.einsum('ij,kj->ik', x, m)
np.linalg.norm(x)
np.linalg.norm(x, 1)
[np.convolve(w, v, mode) for mode in ('full', 'same', 'valid')]
[np.correlate(w, v, mode) for mode in ('full', 'same', 'valid')]
np.cov(x)
""")

REAL = listed("""
sl.expm(v[0] / 9)
np.fft.rfft(x)
np.fft.irfftn(np.fft.rfftn(x), (5, 3))
np.prod(z, axis=1)
np.cumsum(x, 0)
np.cumprod(w)
np.cumprod(z)
np.maximum.accumulate(w)
np.take_along_axis(x, np.argsort(x, 0), 0)
np.einsum('ij,kj,k->i', x, m, v)
np.histogram(w, 4, weights=w)
np.histogram(u, [0.1, 0.5, 0.9], weights=u ** 2, density=True)
np.histogram(w, 3, (-1, 1), weights=w)
np.histogram(u, np.sort(w[:3]))[1]
np.cov(x.T, aweights=w[:5] ** 2)
np.ldexp(w, 2)
[function(4 * w, dtype=complex) for function in (np.arcsin, np.arccos, np.arccosh, np.arctanh, np.arcsinh)]
[np.log(w, dtype=complex), np.sqrt(w, dtype=complex)]
np.i0(w)
[sp.i0(w), sp.i1(w), sp.i0e(u), sp.i1e(u), sp.j1(w)]
[sp.gammainc(2.5, u), sp.gammaincc(2.5, u), sp.gammaincinv(2.5, u), sp.gammainccinv(0.7, u)]
[sp.betainc(1.5, 2.5, u), sp.betaincinv(1.5, 2.5, u), sp.zeta(2.0, u)]
[sp.jv(1.3, u), sp.yv(1.3, u), sp.iv(1.3, u), sp.kv(1.3, u), sp.ive(1.3, u), sp.kve(1.3, u), sp.expn(2, u)]
[sp.gamma(u), sp.gammaln(u), sp.digamma(u), sp.beta(u, 2 * u), sp.betaln(u, 2 * u), sp.binom(4 + u, 2 * u)]
np.linalg.norm(x, axis=1)
np.linalg.norm(x, 'nuc')
np.linalg.norm(v, 3)
np.unwrap(w * 5)
np.trapezoid(w, w ** 2)
np.gradient(w, axis=0)
ops.top_k(w, 3)
np.sort(x, 0)
np.sort(x, None)
np.partition(w, 3)
np.partition(x, (1, 2), axis=0)
np.median(w)
np.median(x, 0)
np.median(x, (0, 1), keepdims=True)
np.nanmedian(np.where(w > 0.5, np.nan, w))
np.nanmedian(x, 1)
np.quantile(w, u)
np.quantile(x, u, axis=0)
np.quantile(x, 0.37, axis=1, keepdims=True)
np.percentile(x, 100 * u[:3], axis=(0, 1))
np.nanquantile(np.where(x > 0.8, np.nan, x), u, axis=0)
np.nanpercentile(x, 31.0)
np.quantile(w, 0.3, method='inverted_cdf', weights=np.abs(w))
np.quantile(x, 0.3, axis=0, weights=np.arange(5) + 1.0, method='inverted_cdf')
[np.quantile(w, 0.3, method=each) for each in ('lower', 'higher', 'midpoint', 'nearest', 'closest_observation')]
[np.quantile(w, u, method=each) for each in ('averaged_inverted_cdf', 'interpolated_inverted_cdf', 'hazen')]
[np.quantile(w, u, method=each) for each in ('weibull', 'median_unbiased', 'normal_unbiased', 'inverted_cdf')]
np.interp(u[:2], np.sort(w), w)
np.interp(np.tile(u, 300), np.sort(w), w)
np.interp(np.tile(w, 300), u, u[::-1] ** 2)
np.interp(np.tile(w, 300), u, u[::-1] ** 2, left=w[0], right=w[1])
[np.convolve(v, w, mode) for mode in ('full', 'same', 'valid')]
[np.correlate(w[:4], w[:6], mode) for mode in ('full', 'same', 'valid')]
np.nanmax(np.tile(np.where(x > 0.8, np.nan, x), (1, 300)), axis=0)
np.nanmin(np.tile(x, (1, 300)))
ops.conv(w[None, None, :], v[None, None, :])
ops.window_max(w, 3)
ops.window_mean(w, 3)
ops.window_prod(w, 3)
ops.logsumexp(x, axis=1)
np.maximum(w, -w) + np.minimum(w, 0.2)
np.power(w, 2) + np.power(np.abs(w), 2.5)
np.where(w > 0, np.sqrt(np.where(w > 0, w, 1)), w)
np.diff(w, 2)
np.corrcoef(x)
np.linalg.multi_dot([m, x.T, x, m])
np.polyval(v, w)
np.kron(v, w)
np.cross(m, m + 1)
np.var(x, axis=0) + np.std(x)
np.nanmean(np.where(x > 0.8, np.nan, x), 0)
np.clip(w, -0.3, 0.4)
np.roll(np.flip(x), 2) * np.tril(np.outer(w[:5], v))
""")

OF_COMPLEX = listed("""
np.linalg.eigvals(m)
np.linalg.eig(m)
np.linalg.eig(m)[1][0]
np.absolute(x) + np.real(x) * np.imag(x)
np.conj(x) * np.exp(x)
np.angle(x)
np.vdot(v, v * 2)
np.prod(x, axis=0)
np.var(x)
np.where(np.real(w) > 0, w, np.sqrt(w))
np.sinh(v) + np.arctan(v) + v ** 3 / v
""")

CALLS = SHARED + REAL
COMPLEX = SHARED + OF_COMPLEX

REFUSED = {
    "sp.gammainc(u, 2.0)": "that by a parameter",
    "sp.zeta(u + 1)": "that of zeta(x) by x",
    "np.linalg.cond(m, 'fro')": "np.linalg.norm(x, p)",
    "np.linalg.svd(x)[0]": "full_matrices=False",
}
