"""Group comparison beside nilearn's `permuted_ols` and statsmodels.

    pip install -r tests/benchmarks/requirements-comparison-peers.txt     (in emotopy's environment)
    OMP_NUM_THREADS=1 python tests/benchmarks/comparison_peers.py [--only permuted|statsmodels|rates] [--runs 1000]

`permuted`: emotopy's permutation test with its statistic replaced by the t of ordinary least squares (pooled variance),
which is what `permuted_ols` has. First under the very permutations that `permuted_ols` draws, taken from its random
generator: p must be equal. Then each with permutations of its own: p must agree within the Monte-Carlo error
√(p(1 − p)(1/N + 1/N)); the largest deviation in units of that error is printed beside what so many independent normal
deviates would have (the columns of a family share their permutations, so theirs are fewer than they seem). Without and
with covariates (Freedman–Lane), family-wise and of single columns.

`statsmodels`: t and degrees of freedom of Welch (CompareMeans), F of more groups (anova_oneway), HC3 t and Wald F of a
linear model (OLS), Benjamini–Hochberg q (multipletests): largest relative difference.

`rates`: what the shipped statistic changes. Share of null columns with p < 0.05, and of runs with any family-wise
p < 0.05, where groups have equal means and differ in size, spread or shape; both statistics under the same
permutations. Values are made up: 18 columns that correlate by 0.3. The 99 % band is binomial.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version

import attrs
import numpy as np
from nilearn.mass_univariate import permuted_ols
from scipy.stats import binom, norm

from emotopy.inference.freedman_lane import Design, FreedmanLane
from emotopy.inference.group_comparison import column_designs, compare_groups, compare_many, indicators
from emotopy.inference.max_t import FamilyTest, compare_with_relabellings
from emotopy.inference.permutations import Relabellings, reorder
from emotopy.inference.welch import WelchZ, standardise_columns, welch_df

N_COLUMNS = 18


@attrs.frozen(eq=False)
class PooledT:
    """|t| of ordinary least squares for orders of units: the reduced model's residuals reordered, the full one fitted.

    Uses the fits of emotopy's Freedman–Lane; only the standard error is that of equal variances.
    """

    design: Design
    values: np.ndarray

    def __call__(self, orders: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        residuals = self.design.reduced_residuals(self.values)[orders]
        coefficients, inflated = self.design.fit(residuals)
        plain = inflated * np.maximum(1 - self.design.leverage, 1e-6)[:, None]
        error = np.sqrt((plain**2).sum(axis=1) / self.design.df * (self.design.solve[0] ** 2).sum())
        t = np.abs(coefficients[:, 0]) / error
        return t, t


def pooled(values: np.ndarray, labels: np.ndarray, covariates: np.ndarray | None) -> PooledT:
    none = np.zeros((len(values), 0))
    return PooledT(Design.of(indicators(labels, 2), none if covariates is None else covariates), values)


def permutations_of_nilearn(n_units: int, n: int, seed: int) -> Relabellings:
    """Return what `permuted_ols(random_state=seed, n_jobs=1)` draws, as orders of the units' residuals.

    It shuffles group and covariates, again and again, and leaves the residuals; that is the inverse order.
    """
    first = np.random.RandomState(seed)
    rng = np.random.RandomState(first.randint(1, np.iinfo(np.int32).max - 1))

    def blocks() -> Iterator[np.ndarray]:
        yield np.arange(n_units)[None]
        order = np.arange(n_units)
        for _ in range(0, n, 100):
            block = []
            for _ in range(100):
                order = order[rng.permutation(n_units)]
                block.append(np.argsort(order))
            yield np.array(block)

    return Relabellings(blocks(), n, exact=False)


def nilearns(values: np.ndarray, labels: np.ndarray, covariates: np.ndarray | None, n: int, seed: int) -> np.ndarray:
    """Return nilearn's p by the largest |t| over columns, (n_columns,)."""
    tested = indicators(labels, 2)
    found = permuted_ols(tested, values, confounding_vars=covariates, n_perm=n, random_state=seed, n_jobs=1)
    return np.asarray(10.0 ** -found["logp_max_t"][0])


def one_family(statistic: PooledT, relabellings: Relabellings) -> FamilyTest:
    return compare_with_relabellings(statistic, relabellings, np.zeros(statistic.values.shape[1], dtype=int))


def null_values(sizes: tuple[int, ...], rng: np.random.Generator, draw: str = "normal") -> np.ndarray:
    """Return (n_units, N_COLUMNS) of unit variance and mean 0 whose columns correlate by 0.3."""
    shape = (sum(sizes), N_COLUMNS)
    if draw == "normal":
        own, shared = rng.standard_normal(shape), rng.standard_normal((shape[0], 1))
    else:
        own, shared = ((rng.chisquare(4, s) - 4) / np.sqrt(8) for s in (shape, (shape[0], 1)))
    return np.sqrt(0.7) * own + np.sqrt(0.3) * shared


def permuted(n: int, n_seeds: int) -> None:
    print(f"nilearn {version('nilearn')} permuted_ols beside ours with the same statistic, {n} permutations")
    for name, sizes, n_covariates in (("20 + 20 units", (20, 20), 0), ("12 + 28 units, 2 covariates", (12, 28), 2)):
        labels = np.repeat([0, 1], sizes)
        equal, deviations = [], {"family-wise": [], "single columns": []}
        for seed in range(n_seeds):
            rng = np.random.default_rng(seed)
            covariates = None
            if n_covariates:
                covariates = rng.standard_normal((len(labels), n_covariates)) + 0.5 * labels[:, None]
            values = null_values(sizes, rng)
            values[labels == 0] += np.linspace(0, 0.9, N_COLUMNS)  # p of all sizes
            statistic = pooled(values, labels, covariates)
            theirs = nilearns(values, labels, covariates, n, seed)
            same = one_family(statistic, permutations_of_nilearn(len(labels), n, seed)).p_family
            equal.append(np.abs(same - theirs).max())
            ours = one_family(statistic, reorder(len(labels), n, rng))
            deviations["family-wise"].append(in_errors(ours.p_family, theirs, n))
            for column in range(0, N_COLUMNS, 6):
                alone = nilearns(values[:, [column]], labels, covariates, n, 1000 * (column + 1) + seed)
                deviations["single columns"].append(in_errors(ours.p[[column]], alone, n))
        print(f"{name}: same permutations, largest difference of p {max(equal):.1e}")
        for kind, found in deviations.items():
            all_of_them = np.abs(np.concatenate(found))
            expected = norm.isf(0.5 / 2 / len(all_of_them))
            print(f"  own permutations, {kind}: {len(all_of_them)} p, mean deviation {all_of_them.mean():.2f} standard "
                  f"errors (normal 0.80), largest {all_of_them.max():.1f} (about {expected:.1f})")  # fmt: skip


def in_errors(ours: np.ndarray, theirs: np.ndarray, n: int) -> np.ndarray:
    """Return the difference of two p, each from n permutations, in units of its standard error."""
    p = (ours + theirs) / 2
    return (ours - theirs) / np.sqrt(np.maximum(p * (1 - p), 1 / n) * 2 / n)


def beside_statsmodels(n_runs: int) -> None:
    import statsmodels.api as sm
    from statsmodels.stats.multitest import multipletests
    from statsmodels.stats.oneway import anova_oneway
    from statsmodels.stats.weightstats import CompareMeans

    worst: dict[str, float] = {}

    def note(name: str, ours: np.ndarray | float, theirs: np.ndarray | float) -> None:
        difference = np.max(np.abs(np.asarray(ours) - np.asarray(theirs)) / np.abs(theirs))
        worst[name] = max(worst.get(name, 0.0), float(difference))

    for seed in range(n_runs):
        rng = np.random.default_rng(seed)
        sizes = tuple(int(n) for n in rng.integers(5, 40, size=3))
        labels = np.repeat([0, 1, 2], sizes)
        values = null_values(sizes, rng) * (1 + labels[:, None]) + rng.standard_normal(N_COLUMNS)
        covariates = rng.standard_normal((len(labels), 2)) + 0.3 * labels[:, None]
        two = labels < 2
        sides = values[labels == 0], values[labels == 1]
        few = {"n_permutations": 200, "rng": rng}
        plain = compare_groups(values[two], labels[two] == 0, n_resamples=0, **few)
        t, _, df = CompareMeans.from_data(*sides).ttest_ind(usevar="unequal")
        note("Welch t", plain.t, t)
        variances, ns = np.array([side.var(axis=0, ddof=1) for side in sides]), np.array([[sizes[0]], [sizes[1]]])
        note("Welch-Satterthwaite df", welch_df(variances, ns), df)
        note("Benjamini-Hochberg q", plain.q, multipletests(plain.p, method="fdr_bh")[1])
        adjusted = compare_groups(values[two], labels[two] == 0, covariates=covariates[two], n_resamples=0, **few)
        many = compare_many(values, labels, **few)
        many_adjusted = compare_many(values, labels, covariates=covariates, **few)
        full = sm.add_constant(np.column_stack([indicators(labels, 3), covariates]))
        for column, y in enumerate(values.T):
            groups = [y[labels == group] for group in range(3)]
            note("Welch F", many.f[column], anova_oneway(groups, use_var="unequal").statistic)
            fit = sm.OLS(y[two], sm.add_constant(np.column_stack([labels[two] == 0, covariates[two]])))
            fit = fit.fit(cov_type="HC3")
            note("HC3 t", adjusted.t[column], fit.tvalues[1])
            note("coefficient", adjusted.difference[column], fit.params[1])
            wald = sm.OLS(y, full).fit(cov_type="HC3").f_test(np.eye(2, 5, 1))
            note("HC3 Wald F", many_adjusted.f[column], float(wald.fvalue))
    print(
        f"\nstatsmodels {version('statsmodels')}: {n_runs} made-up studies of {N_COLUMNS} columns, 5-39 units a group"
    )
    for name, difference in worst.items():
        print(f"  {name:24} largest relative difference {difference:.1e}")


def rates(n_runs: int, n: int) -> None:
    low, high = binom.interval(0.99, n_runs, 0.05) / np.array(n_runs)
    print(f"\nequal means, {n_runs} runs of {N_COLUMNS} columns, {n} permutations")
    print(f"share of p < 0.05 / of runs with any family-wise p < 0.05 (99 % band of the latter {low:.3f}-{high:.3f})")
    print(f"{'':44} {'shipped':>15} {'pooled t':>15}")
    for draw in ("normal", "skewed"):
        for sizes in ((20, 20), (15, 60)):
            for spreads in ((1, 1), (1, 2), (2, 1)):
                if sizes[0] == sizes[1] and spreads == (2, 1):
                    continue
                name = f"{draw}, {sizes[0]} + {sizes[1]} units, spread {spreads[0]}:{spreads[1]}"
                rate(name, lambda rng, s=sizes, k=spreads, d=draw: null_run(s, k, d, rng), n_runs, n)
    for spreads in ((1, 2), (2, 1)):
        name = f"covariate, normal, 15 + 60 units, spread {spreads[0]}:{spreads[1]}"
        rate(name, lambda rng, k=spreads: null_run((15, 60), k, "normal", rng, covariate=True), n_runs, n)


Run = tuple[np.ndarray, np.ndarray, np.ndarray | None]


def null_run(
    sizes: tuple[int, int], spreads: tuple[int, int], draw: str, rng: np.random.Generator, *, covariate: bool = False
) -> Run:
    labels = np.repeat([0, 1], sizes)
    values = null_values(sizes, rng, draw) * np.array(spreads)[labels][:, None]
    if not covariate:
        return values, labels, None
    own = rng.standard_normal((len(labels), 1)) + 0.5 * labels[:, None]
    return values + own, labels, own


def rate(name: str, make: Callable[[np.random.Generator], Run], n_runs: int, n: int) -> None:
    found: dict[str, list[tuple[float, bool]]] = {"shipped": [], "pooled t": []}
    for seed in range(n_runs):
        rng = np.random.default_rng(seed)
        values, labels, covariates = make(rng)
        orders = np.vstack(list(reorder(len(labels), n, rng).blocks))
        if covariates is None:
            # labels in the order that the residuals are not in: the same relabelling for both
            shipped = WelchZ(values)
            blocks = {"shipped": labels[np.argsort(orders, axis=1)], "pooled t": orders}
        else:
            shipped = FreedmanLane(standardise_columns(values), column_designs(values, labels, covariates, 2))
            blocks = {"shipped": orders, "pooled t": orders}
        statistics = {"shipped": shipped, "pooled t": pooled(values, labels, covariates)}
        for which, statistic in statistics.items():
            relabellings = Relabellings(iter([blocks[which]]), n, exact=False)
            test = compare_with_relabellings(statistic, relabellings, np.zeros(N_COLUMNS, dtype=int))
            found[which].append((float((test.p < 0.05).mean()), bool((test.p_family < 0.05).any())))
    cells = [
        f"{np.mean([p for p, _ in ours]):.3f} / {np.mean([any_ for _, any_ in ours]):.3f}" for ours in found.values()
    ]
    print(f"{name:44} {cells[0]:>15} {cells[1]:>15}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=["permuted", "statsmodels", "rates"])
    parser.add_argument("--permutations", type=int, default=10_000, help="of `permuted`")
    parser.add_argument("--seeds", type=int, default=5, help="of `permuted`")
    parser.add_argument("--runs", type=int, default=1000, help="of `rates`")
    options = parser.parse_args()
    start = time.perf_counter()
    if options.only in (None, "permuted"):
        permuted(options.permutations, options.seeds)
    if options.only in (None, "statsmodels"):
        if importlib.util.find_spec("statsmodels"):
            beside_statsmodels(20)
        else:
            print("\nstatsmodels isn't installed: pip install -r tests/benchmarks/requirements-comparison-peers.txt")
    if options.only in (None, "rates"):
        rates(options.runs, 999)
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
