"""Compares metrics, intervals and splitters with scikit-learn, scipy and statsmodels.

    python evaluation.py compare EVALUATION_CASES REFERENCE_JSON
    python evaluation.py store REFERENCE_JSON

EVALUATION_CASES is the example of that name of gauntlet-learn: it reads cases and prints what the crate
answers. `compare` makes random and degenerate cases from fixed seeds and asks both sides; it also makes
the stored cases again, which the crate's own tests read. `store` writes those.

What the peers refuse or warn about has a documented answer in the crate (see its module `metrics`);
where that differs from theirs, `expect_*` below says so beside the reason.
"""

import collections
import json
import math
import subprocess
import sys
import warnings

import numpy as np
import statsmodels.api
from scipy import stats
from sklearn import metrics, model_selection
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

SEED = 20240607
TOLERANCE = 1e-12
REFUSED = "refused"
# Iterative fits and distribution functions, whose last digits differ between libraries.
LOOSE = {"slope": 1e-7, "intercept": 1e-7}
DISTRIBUTIONS = 1e-9


def loose(value):
    """A number as JSON can hold it."""
    value = float(value)
    return value if math.isfinite(value) else str(value)


def asked(function, *args, **kwargs):
    """What a peer answers, or that it refuses."""
    try:
        return loose(function(*args, **kwargs))
    except ValueError:
        return REFUSED


def numbers(values):
    return [loose(value) for value in values]


def read(values):
    return None if values is None else np.array([float(value) for value in values], dtype=np.float64)


# ---- expectations


def refuses_weights(weights):
    # The peers take negative weights here and there, and divide by zero where all are 0.
    return weights is not None and (not np.isfinite(weights).all() or (weights < 0).any() or weights.sum() == 0)


def expect_binary(case):
    labels, scores, weights = np.array(case["labels"], dtype=int), read(case["scores"]), read(case["weights"])
    if case["single"]:
        scores = scores.astype(np.float32).astype(np.float64)
    names = ["roc_auc", "partial_roc_auc", "pr_auc", "brier", "log_loss", "ece", "f1", "precision", "recall",
             "accuracy", "balanced_accuracy", "mcc"]
    if len(labels) == 0 or refuses_weights(weights):
        return dict.fromkeys(names, REFUSED)
    w = {"sample_weight": weights}
    called = (scores >= 0.5).astype(int)
    cells = metrics.confusion_matrix(labels, called, labels=[0, 1], **w)
    none = {"zero_division": 0.0}
    answers = {
        "roc_auc": asked(metrics.roc_auc_score, labels, scores, **w),
        "partial_roc_auc": asked(metrics.roc_auc_score, labels, scores, max_fpr=case["max_fpr"], **w),
        "pr_auc": asked(metrics.average_precision_score, labels, scores, **w),
        "f1": asked(metrics.f1_score, labels, called, **w, **none),
        "precision": asked(metrics.precision_score, labels, called, **w, **none),
        "recall": asked(metrics.recall_score, labels, called, **w, **none),
        "accuracy": asked(metrics.accuracy_score, labels, called, **w),
        "balanced_accuracy": asked(metrics.balanced_accuracy_score, labels, called, **w),
        "mcc": asked(metrics.matthews_corrcoef, labels, called, **w),
        "true_negative": loose(cells[0, 0]), "false_positive": loose(cells[0, 1]),
        "false_negative": loose(cells[1, 0]), "true_positive": loose(cells[1, 1]),
        "brier": asked(metrics.brier_score_loss, labels, scores, **w),
        "log_loss": asked(metrics.log_loss, labels, scores, labels=[0, 1], **w),
    }
    if np.isfinite(scores).all():
        weight = np.ones(len(labels)) if weights is None else weights
        # Undefined: there 0 with a warning.
        if weight[labels == 1].sum() == 0:
            answers["pr_auc"] = "nan"
        answers["ece"] = loose(ece(labels, scores, weight)) if ((scores >= 0) & (scores <= 1)).all() else REFUSED
        if answers["ece"] != REFUSED and len(np.unique(labels[weight > 0])) == 2:
            answers |= line(labels, scores, weight)
        if weights is None:
            answers |= {name + "_of_counts": answers[name] for name in ("f1", "mcc", "accuracy")}
    else:
        # The peer thresholds whatever it is given; here decisions on such scores have no promise.
        answers = {name: REFUSED for name in ("roc_auc", "partial_roc_auc", "pr_auc", "brier", "log_loss", "ece")}
    return answers


def ece(labels, scores, weight):
    """Our own definition: ten bins of equal mass, equal scores in one bin by the middle of their mass."""
    bins, before = collections.defaultdict(lambda: [0.0, 0.0, 0.0]), 0.0
    for score in np.unique(scores):
        ties = scores == score
        mass = weight[ties].sum()
        if mass > 0:
            one = bins[min(int((before + mass / 2) / weight.sum() * 10), 9)]
            one[0] += mass
            one[1] += mass * score
            one[2] += weight[ties & (labels == 1)].sum()
            before += mass
    return sum(abs(score - positive) for _, score, positive in bins.values()) / before


def line(labels, scores, weight):
    """The calibration line, where a logistic regression finds one without extreme odds."""
    if scores.min() < 0.001 or scores.max() > 0.999:
        return {}
    p = np.clip(scores, np.finfo(float).eps, 1 - np.finfo(float).eps)
    odds = np.log(p / (1 - p))
    counted = weight > 0
    low, high = odds[counted & (labels == 1)], odds[counted & (labels == 0)]
    if low.min() >= high.max() or high.min() >= low.max():
        return {}
    design = statsmodels.api.add_constant(odds, has_constant="add")
    family = statsmodels.api.families.Binomial()
    fit = statsmodels.api.GLM(labels, design, family=family, freq_weights=weight / weight.mean()).fit(tol=1e-14, maxiter=300)
    return {"intercept": loose(fit.params[0]), "slope": loose(fit.params[1])} if fit.converged else {}


def expect_multiclass(case):
    width, classes, weights = case["width"], np.array(case["classes"], dtype=int), read(case["weights"])
    p = read(case["probabilities"])
    names = ["log_loss", "brier", "macro_f1", "accuracy", "balanced_accuracy", "mcc"]
    if len(classes) == 0 or refuses_weights(weights):
        return dict.fromkeys(names, REFUSED)
    p = p.reshape(-1, width)
    called, w, every = p.argmax(axis=1), {"sample_weight": weights}, list(range(width))
    answers = {
        "log_loss": asked(metrics.log_loss, classes, p, labels=every, **w),
        "brier": asked(metrics.brier_score_loss, classes, p, labels=every, scale_by_half=False, **w),
        "macro_f1": asked(metrics.f1_score, classes, called, average="macro", zero_division=0.0, **w),
        "accuracy": asked(metrics.accuracy_score, classes, called, **w),
        "balanced_accuracy": asked(metrics.balanced_accuracy_score, classes, called, **w),
        "mcc": asked(metrics.matthews_corrcoef, classes, called, **w),
    }
    if weights is not None and (weights == 0).any():
        # The peer counts classes whose rows all weigh 0.
        del answers["macro_f1"]
    cells = metrics.confusion_matrix(classes, called, labels=every, **w)
    answers |= {f"mass_{i}_{j}": loose(cells[i, j]) for i in every for j in every}
    # The peer warns and goes on.
    if not np.isfinite(p).all() or (abs(p.sum(axis=1) - 1) > 1e-5).any():
        answers |= {"log_loss": REFUSED, "brier": REFUSED}
    return answers


def expect_regression(case):
    actual, predicted, weights = read(case["actual"]), read(case["predicted"]), read(case["weights"])
    low, high = read(case["low"]), read(case["high"])
    if len(actual) == 0 or refuses_weights(weights):
        return dict.fromkeys(["mae", "rmse", "r2", "pinball", "coverage", "width"], REFUSED)
    w = {"sample_weight": weights}
    answers = {
        "mae": asked(metrics.mean_absolute_error, actual, predicted, **w),
        "rmse": asked(metrics.root_mean_squared_error, actual, predicted, **w),
        "r2": asked(metrics.r2_score, actual, predicted, **w),
        "pinball": asked(metrics.mean_pinball_loss, actual, predicted, alpha=case["quantile"], **w),
    }
    if np.isfinite(actual).all():
        inside = (low <= actual) & (actual <= high)
        answers["coverage"] = loose(np.average(inside, weights=weights))
        answers["width"] = loose(np.average(high - low, weights=weights))
    return answers


def expect_proportion(case):
    interval = stats.binomtest(case["hits"], case["trials"]).proportion_ci(case["level"], method="exact")
    return {"low": loose(interval.low), "high": loose(interval.high)}


def expect_mcnemar(case):
    first, second = case["first"], case["second"]
    table = [[0, first], [second, 0]]
    exact = mcnemar(table, exact=True).pvalue
    answers = {"exact": loose(exact)}
    if first != second:
        answers["mid_p"] = loose(exact - stats.binom.pmf(min(first, second), first + second, 0.5))
        answers["chi_square"] = loose(mcnemar(table, exact=False, correction=True).pvalue)
    else:
        # The correction passes zero; statsmodels squares it regardless.
        answers |= {"mid_p": 1.0, "chi_square": 1.0}
    return answers


def bca_case(rng, n, level, statistic, replicates=399):
    sample = rng.exponential(size=n)
    drawn = np.array([statistic(rng.choice(sample, n)) for _ in range(replicates)])
    jackknife = [statistic(np.delete(sample, i)) for i in range(n)]
    known = stats.bootstrap((sample,), statistic, n_resamples=1, vectorized=False, method="percentile")
    known.bootstrap_distribution = drawn
    interval = stats.bootstrap((sample,), statistic, n_resamples=0, vectorized=False, method="BCa",
                               confidence_level=level, bootstrap_result=known).confidence_interval
    case = {"kind": "bca", "value": float(statistic(sample)), "replicates": drawn.tolist(),
            "jackknife": [float(j) for j in jackknife], "level": level}
    return case, {"low": loose(interval.low), "high": loose(interval.high)}


def expect_comparisons(case):
    candidate, share, level = np.array(case["candidate"]), case["test_share"], case["level"]
    answers, raw, n = {}, {}, len(case["candidate"])
    for name, scores in case["baselines"].items():
        difference = candidate - np.array(scores)
        error = math.sqrt(difference.var(ddof=1) * (1 / n + share))
        t = difference.mean() / error
        raw[name] = 2 * stats.t.sf(abs(t), n - 1)
        half = stats.t.ppf(0.5 + level / 2, n - 1) * error
        parts = {"difference": difference.mean(), "low": difference.mean() - half,
                 "high": difference.mean() + half, "t": t, "p": raw[name]}
        answers |= {f"{name}_{part}": loose(value) for part, value in parts.items()}
    holm = multipletests(list(raw.values()), method="holm")[1]
    return answers | {f"{name}_holm": loose(p) for name, p in zip(raw, holm)}


def expect_walk(case):
    splitter = model_selection.TimeSeriesSplit(case["folds"], gap=case["gap"])
    answers = {}
    for i, (fit, valid) in enumerate(splitter.split(np.zeros(case["rows"]))):
        answers |= {f"fit_{i}": float(len(fit)), f"first_{i}": float(valid[0]), f"valid_{i}": float(len(valid))}
    return answers


EXPECT = {"binary": expect_binary, "multiclass": expect_multiclass, "regression": expect_regression,
          "proportion": expect_proportion, "mcnemar": expect_mcnemar, "comparisons": expect_comparisons,
          "walk": expect_walk}


# ---- cases


def binary(labels, scores, weights=None, single=False, max_fpr=0.1):
    return {"kind": "binary", "labels": [int(y) for y in labels], "scores": numbers(scores),
            "weights": None if weights is None else numbers(weights), "single": single, "max_fpr": max_fpr}


def multiclass(classes, probabilities, weights=None):
    probabilities = np.asarray(probabilities, dtype=float)
    return {"kind": "multiclass", "classes": [int(c) for c in classes], "width": probabilities.shape[1],
            "probabilities": numbers(probabilities.ravel()),
            "weights": None if weights is None else numbers(weights)}


def regression(actual, predicted, weights=None, quantile=0.9, spread=1.0):
    predicted = np.asarray(predicted, dtype=float)
    low, high = np.nan_to_num(predicted) - spread, np.nan_to_num(predicted) + spread
    return {"kind": "regression", "actual": numbers(actual), "predicted": numbers(predicted),
            "low": numbers(low), "high": numbers(high), "quantile": quantile,
            "weights": None if weights is None else numbers(weights)}


def weights_of(rng, n):
    """None, whole numbers with zeros, or real numbers over many magnitudes."""
    return [None, rng.integers(0, 4, n).astype(float), np.exp(rng.normal(0, 3, n))][rng.integers(3)]


def random_binary(rng):
    n = int(rng.integers(2, 300))
    labels = rng.random(n) < rng.choice([0.02, 0.1, 0.5, 0.9])
    scores = np.clip(rng.normal(0.4 + 0.3 * labels, 0.25), 0, 1)
    digits = rng.choice([1, 2, 16])
    return binary(labels, np.round(scores, digits), weights_of(rng, n), bool(rng.integers(2)),
                  float(rng.choice([0.01, 0.1, 0.37, 1.0])))


def random_multiclass(rng):
    n, width = int(rng.integers(2, 200)), int(rng.integers(3, 7))
    classes = rng.integers(0, rng.integers(1, width + 1), n)
    odds = rng.normal(0, 1.5, (n, width)) + 1.5 * (classes[:, None] == np.arange(width))
    p = np.exp(odds)
    return multiclass(classes, p / p.sum(axis=1, keepdims=True), weights_of(rng, n))


def random_regression(rng):
    n = int(rng.integers(2, 200))
    actual = rng.normal(rng.normal(0, 50), rng.choice([0.01, 1, 100]), n)
    predicted = actual + rng.normal(0, rng.choice([1e-6, 0.5, 30]), n)
    return regression(actual, predicted, weights_of(rng, n), float(rng.choice([0.05, 0.5, 0.9])), rng.random())


def random_comparisons(rng):
    n = int(rng.integers(2, 30))
    candidate = rng.random(n)
    baselines = {f"b{i}": (candidate + rng.normal(rng.normal(0, 0.1), 0.1, n)).tolist()
                 for i in range(rng.integers(1, 5))}
    return {"kind": "comparisons", "candidate": candidate.tolist(), "baselines": baselines,
            "test_share": float(rng.choice([0.1, 0.25, 1 / 9])), "level": float(rng.choice([0.8, 0.95]))}


def degenerate():
    """Cases by name that peers refuse, warn about or answer by convention."""
    nan, inf = float("nan"), float("inf")
    two, four = [0, 1], [0, 0, 1, 1]
    yield "constant score", binary([0, 1, 0, 0, 1], [0.3] * 5)
    yield "constant score, weighted", binary([0, 1, 0, 0, 1], [0.3] * 5, [1, 2, 0.5, 0, 3])
    yield "all negative", binary([0, 0, 0], [0.1, 0.6, 0.3])
    yield "all positive", binary([1, 1, 1], [0.1, 0.6, 0.3])
    yield "one negative row", binary([0], [0.7])
    yield "one positive row", binary([1], [0.7])
    yield "no rows", binary([], [])
    yield "perfect", binary(four, [0, 0, 1, 1])
    yield "perfectly wrong", binary(four, [1, 1, 0, 0])
    yield "nothing called", binary(four, [0.1, 0.2, 0.3, 0.4])
    yield "all called", binary(four, [0.6, 0.7, 0.8, 0.9])
    yield "signed zeros tie", binary(four, [0.0, -0.0, 0.0, -0.0])
    yield "subnormal scores", binary(four, [5e-324, 1e-310, 1e-310, 2e-310])
    yield "neighbouring doubles", binary(four, [0.5, np.nextafter(0.5, 1), np.nextafter(0.5, 1), 0.5])
    yield "neighbouring doubles as singles", binary(four, [0.5, np.nextafter(0.5, 1), 0.5, 0.5], single=True)
    yield "score NaN", binary(two, [nan, 0.5])
    yield "score infinite", binary(two, [inf, 0.5])
    yield "no probability", binary(four, [-0.1, 0.4, 0.6, 1.2])
    yield "weight negative", binary(two, [0.2, 0.5], [1, -1])
    yield "weight NaN", binary(two, [0.2, 0.5], [1, nan])
    yield "weights all 0", binary(two, [0.2, 0.5], [0, 0])
    yield "positives weigh 0", binary(four, [0.2, 0.4, 0.5, 0.9], [1, 2, 0, 0])
    yield "tiny weights", binary(four, [0.2, 0.6, 0.5, 0.9], [1e-12, 3e-12, 2e-12, 1e-12])
    yield "max_fpr within the first step", binary([0] * 9 + [1] * 3, [0.5] * 12, max_fpr=0.01)
    yield "max_fpr on a corner", binary([0] * 10 + [1] * 3, np.r_[np.arange(10) / 10, 0.95, 0.85, 0.3])
    yield "class without rows", multiclass([0, 0, 2], [[0.8, 0.1, 0.1], [0.2, 0.5, 0.3], [0.1, 0.2, 0.7]])
    yield "one class", multiclass([1, 1], [[0.2, 0.5, 0.3], [0.1, 0.8, 0.1]])
    yield "certain", multiclass([0, 1, 2], np.eye(3))
    yield "certain and wrong", multiclass([1, 2, 0], np.eye(3))
    yield "ties between classes", multiclass([0, 1, 2], np.full((3, 3), 1 / 3))
    yield "no sum of 1", multiclass([0, 1, 2], np.full((3, 3), 0.3))
    yield "no rows of classes", multiclass([], np.zeros((0, 3)))
    yield "class weights all 0", multiclass([0, 1], [[0.5, 0.3, 0.2]] * 2, [0, 0])
    yield "one number", regression([2.0], [2.5])
    yield "constant target", regression([2.0, 2.0, 2.0], [2.0, 2.5, 2.0])
    yield "constant target, all right", regression([2.0, 2.0, 2.0], [2.0, 2.0, 2.0])
    yield "all right", regression([1.0, 2.0, 4.0], [1.0, 2.0, 4.0])
    yield "worse than the mean", regression([1.0, 2.0, 4.0], [40.0, -20.0, 3.0])
    yield "large numbers", regression([1e150, -1e150, 3e150], [2e150, 1e149, 3e150])
    yield "target on the bounds", regression([1.0, 3.0], [2.0, 2.0])
    yield "target NaN", regression([1.0, nan], [1.0, 2.0])
    yield "prediction infinite", regression([1.0, 2.0], [1.0, inf]) | {"low": [0, 0], "high": [3, 3]}
    yield "no numbers", regression([], [])
    for first, second in [(0, 0), (1, 0), (5, 5), (3, 12), (0, 30), (200, 260), (4000, 4200)]:
        yield f"decisions {first} to {second}", {"kind": "mcnemar", "first": first, "second": second}
    for hits, trials in [(0, 1), (1, 1), (0, 7), (5, 5), (3, 20), (287, 339), (1, 100000)]:
        for level in (0.8, 0.95):
            case = {"kind": "proportion", "hits": hits, "trials": trials, "level": level}
            yield f"{hits} of {trials} at {level}", case
    for rows, folds, gap in [(6, 5, 0), (100, 4, 0), (101, 4, 3), (37, 6, 1)]:
        yield f"walk {rows}, {folds}, {gap}", {"kind": "walk", "rows": rows, "folds": folds, "gap": gap}


def cases(count, seed):
    """(name, case, expected) of all degenerate cases and `count` random ones of each kind."""
    for name, case in degenerate():
        yield name, case, EXPECT[case["kind"]](case)
    for i in range(count):
        rng = np.random.default_rng([seed, i])
        for make in (random_binary, random_multiclass, random_regression, random_comparisons):
            case = make(rng)
            yield f"{make.__name__} {i}", case, EXPECT[case["kind"]](case)
        if i % 10 == 0:
            statistic = [np.mean, np.median, np.std][i // 10 % 3]
            case, expected = bca_case(rng, int(rng.integers(20, 60)), 0.9, statistic)
            yield f"bca {i}", case, expected


def tolerance(case):
    if case["kind"] in ("proportion", "mcnemar", "comparisons", "bca"):
        return lambda _: DISTRIBUTIONS
    return lambda name: LOOSE.get(name, TOLERANCE)


def rounded(case):
    """A case of few digits, so that the stored file stays small."""
    def short(value):
        return round(value, 3) if isinstance(value, float) else value
    if case["kind"] == "multiclass":
        return case
    return {key: [short(v) for v in value] if isinstance(value, list) else value for key, value in case.items()}


def stored():
    for name, case, _ in cases(3, SEED):
        if case["kind"] == "bca":
            continue
        if name.startswith("random"):
            case = rounded(case)
        expected = EXPECT[case["kind"]](case)
        limits = {key: tolerance(case)(key) for key in expected}
        limits = {key: limit for key, limit in limits.items() if limit != TOLERANCE}
        yield {"name": name, "case": case, "expected": expected, "tolerance": limits}
    rng = np.random.default_rng(SEED)
    for statistic in (np.mean, np.median):
        case, expected = bca_case(rng, 25, 0.9, statistic, replicates=99)
        limits = dict.fromkeys(expected, DISTRIBUTIONS)
        yield {"name": f"bca {statistic.__name__}", "case": case, "expected": expected, "tolerance": limits}


# ---- splitters


def check_splitters(ask, count):
    """Folds of ours are as even as scikit-learn's, whose own draws differ, and keep groups whole."""
    made = []
    for i in range(count):
        rng = np.random.default_rng([SEED, 1, i])
        n, k = int(rng.integers(200, 500)), int(rng.integers(2, 6))
        group = rng.integers(0, 40, n)
        classes = (rng.random(n) < 0.3).astype(int) + (rng.random(n) < 0.3)
        common = {"folds": k, "seed": i}
        plain = {"kind": "stratified", "classes": classes.tolist(), "group": None} | common
        whole = {"kind": "stratified", "classes": classes.tolist(), "group": group.tolist()} | common
        grouped = {"kind": "grouped", "group": group.tolist()} | common
        made += [(plain, classes, group), (whole, classes, group), (grouped, classes, group)]
    worse = total = 0
    for (case, classes, group), answers in zip(made, ask([case for case, *_ in made])):
        ours = np.array([answers[f"fold_{row}"] for row in range(len(classes))]).astype(int)
        k, kind = case["folds"], case["kind"]
        whole = kind == "grouped" or case["group"] is not None
        if kind == "grouped":
            splitter, spread_over = model_selection.GroupKFold(k), np.zeros_like(classes)
        elif whole:
            splitter = model_selection.StratifiedGroupKFold(k, shuffle=True, random_state=case["seed"])
            spread_over = classes
        else:
            splitter = model_selection.StratifiedKFold(k, shuffle=True, random_state=case["seed"])
            spread_over = classes
        theirs = np.zeros_like(classes)
        for fold, (_, valid) in enumerate(splitter.split(classes, classes, group)):
            theirs[valid] = fold
        assert set(ours) == set(range(k)), case
        if whole:
            for one in np.unique(group):
                assert len(set(ours[group == one])) == 1, f"group {one} is torn: {case}"
            total += 1
            worse += unevenness(ours, spread_over, k) > unevenness(theirs, spread_over, k) + 1e-12
        else:
            for one in np.unique(classes):
                counts = [sorted(np.bincount(folds[classes == one], minlength=k)) for folds in (ours, theirs)]
                assert counts[0] == counts[1], f"class {one}: {counts} in {case}"
    print(f"splitters: {len(made)} cases; folds of whole groups less even than scikit-learn's: {worse} of {total}")
    assert worse * 2 <= total, "our folds of whole groups are less even than scikit-learn's"


def unevenness(fold_of, classes, k):
    """Sum over classes of the squared differences of the folds' shares of it."""
    shares = [np.bincount(fold_of[classes == c], minlength=k) / (classes == c).sum() for c in np.unique(classes)]
    return sum(((share - 1 / k) ** 2).sum() for share in shares)


# ---- comparison


def differs(expected, found, limit):
    if isinstance(expected, float) and isinstance(found, (int, float)):
        return abs(expected - found) > limit * max(1, abs(expected))
    return expected != found


def alike(old, new):
    """The same but for the last bits, which numpy's exp and sums leave to the processor."""
    if isinstance(old, dict):
        return old.keys() == new.keys() and all(alike(old[key], new[key]) for key in old)
    if isinstance(old, list):
        return len(old) == len(new) and all(map(alike, old, new))
    return not differs(old, new, TOLERANCE)


def compare(command, path):
    def ask(questions):
        answer = subprocess.run([command], input=json.dumps(questions), capture_output=True, text=True, check=True)
        return json.loads(answer.stdout)

    made = list(cases(200, SEED + 1))
    compared, wrong, largest = collections.Counter(), [], collections.Counter()
    for (name, case, expected), found in zip(made, ask([case for _, case, _ in made])):
        limit = tolerance(case)
        for what, value in expected.items():
            kind = case["kind"] if case["kind"] in ("bca", "walk", "proportion", "mcnemar", "comparisons") \
                else f"{case['kind']} {what if not what.startswith('mass') else 'mass'}"
            compared[kind] += 1
            if isinstance(value, float) and isinstance(found[what], (int, float)):
                largest[kind] = max(largest[kind], abs(value - found[what]) / max(1, abs(value)))
            if differs(value, found[what], limit(what)):
                wrong.append(f"{name}: {what}: expected {value}, found {found[what]}")
    for kind, n in sorted(compared.items()):
        print(f"{kind:30} {n:6} values, largest difference {largest[kind]:.1e}")
    check_splitters(ask, 60)
    with open(path) as file:
        for old, new in zip(json.load(file), stored(), strict=True):
            assert alike(old["case"], new["case"]), f"stored case `{old['name']}` is out of date: store it again"
            case = old["case"]
            now = new["expected"] if case["kind"] == "bca" else EXPECT[case["kind"]](case)
            for what, value in now.items():
                if differs(value, old["expected"][what], TOLERANCE):
                    wrong.append(f"stored {old['name']}: {what}: {old['expected'][what]}, now {value}")
    if wrong:
        sys.exit("\n".join(wrong[:50] + [f"{len(wrong)} differ"]))
    print(f"{len(made)} cases, {sum(compared.values())} values agree")


def store(path):
    with open(path, "w") as file:
        lines = [json.dumps(case, separators=(",", ":")) for case in stored()]
        file.write("[\n" + ",\n".join(lines) + "\n]\n")


def main(arguments):
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    match arguments:
        case ["compare", command, path]:
            compare(command, path)
        case ["store", path]:
            store(path)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
