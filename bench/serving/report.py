"""The tables of the page, and which goals are reached."""

import os
import statistics

import peers

FORMS = {"split": "dataframe_split", "v2": "V2 JSON", "v2-binary": "V2 binary"}
MB = 1e6


class Found:
    """Medians of what was measured."""

    def __init__(self, results):
        self.results = results

    def value(self, what, kind, form, key):
        values = [one[key] for one in self.results.get((what, kind, form), [])]
        return statistics.median(values) if values else None

    def pair(self, kind, key):
        """Median RSS and PSS, in megabytes."""
        found = [one[key] for (what, k, _), all_of in self.results.items() if what == "five" and k == kind for one in all_of]
        return tuple(statistics.median(column) / MB for column in zip(*found))

    def failed(self, *what):
        return sum(one["failed"] for one in self.results.get(what, []))

    def cases(self, what):
        return [(kind, form) for w, kind, form in self.results if w == what]

    def best(self, what, kinds, key, better=max):
        """The best median of some kinds, whichever form they are asked in."""
        values = [self.value(what, kind, form, key) for kind, form in self.cases(what) if kind in kinds]
        return better(values) if values else None


def failures(count):
    return f" (**{count:,} failed**)" if count else ""


def ratio(theirs, ours, up):
    """How many times better ours is; `up` where more is better."""
    return ours / theirs if up else theirs / ours


def loops(found):
    lines = [
        "| server | rows as | p50, 1 connection | p99 | our p50 is | requests/s, 64 connections | ours is | its CPU per request | rows/s in batches of 1,000 | ours is |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for kind, form in found.cases("many"):
        # Beside the others in the form they are asked in, and of ours the plain one.
        mine = form if kind == "mlserver" else "split"
        cells = [peers.PEERS[kind].title, FORMS[form]]
        p50, p99 = (found.value("single", kind, form, key) for key in ("p50_us", "p99_us"))
        own = found.value("single", "ours", mine, "p50_us")
        if p50 is None:
            cells += ["–", "–", "–"]
        else:
            cells += [f"{p50:,.0f} µs" + failures(found.failed("single", kind, form)), f"{p99:,.0f} µs"]
            cells.append("" if kind == "ours" else f"1/{ratio(p50, own, up=False):,.0f}")
        for what, factor in (("many", 1), ("batch", 1_000)):
            value = found.value(what, kind, form, "per_second") * factor
            own = found.value(what, "ours", mine, "per_second") * factor
            cells.append(f"{value:,.0f}" + failures(found.failed(what, kind, form)))
            cells.append("" if kind == "ours" else f"{ratio(value, own, up=True):,.1f}x" if value else "it answered nothing")
            if what == "many":
                cells.append(f"{found.value(what, kind, form, 'cpu_us'):,.0f} µs")
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def opened(found):
    lines = [
        "| server | requests/s asked for | answered | p50 | p99 | p99.9 |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for what in sorted({w for w, _, _ in found.results if w.startswith("open-")}):
        for kind, form in found.cases(what):
            asked, got = (found.value(what, kind, form, key) for key in ("asked", "per_second"))
            times = [found.value(what, kind, form, key) / 1e3 for key in ("p50_us", "p99_us", "p999_us")]
            share = f"{float(what.removeprefix('open-')):.0%} of its peak"
            lines.append(
                f"| {peers.PEERS[kind].title} | {asked:,.0f} ({share}) | {got:,.0f}"
                f"{failures(found.failed(what, kind, form))} | "
                + " | ".join(f"{ms:,.2f} ms" for ms in times) + " |"
            )
    return lines


def five(found):
    lines = [
        "| server, five models | first answers of all | RSS at rest | PSS at rest | RSS under load | PSS under load |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for kind, form in found.cases("five"):
        start = found.value("five", kind, form, "start")
        cells = [f"{mb:,.1f} MB" for mb in (*found.pair(kind, "rest"), *found.pair(kind, "peak"))]
        lines.append(
            f"| {peers.PEERS[kind].title} | {start * 1e3:,.0f} ms{failures(found.failed('five', kind, form))} | "
            + " | ".join(cells) + " |"
        )
    return lines


def goals(found, size):
    """Every goal with what was measured, said plainly."""
    others, python = ("mlflow", "mlflow-2", "mlserver"), ("ort", "ort-2")
    rows = []

    def goal(text, measured, reached):
        rows.append(f"| {text} | {measured} | {'reached' if reached else '**not reached**'} |")

    def against(name, text, least, theirs, ours, up):
        if theirs is None:
            rows.append(f"| {text} | {name} was left out | – |")
            return
        if not theirs:
            rows.append(f"| {text} | {name} answered nothing | – |")
            return
        times = ratio(theirs, ours, up)
        goal(text, f"{times:,.1f}x", times >= least)

    p50 = found.value("single", "ours", "split", "p50_us")
    for kind, name in (("mlflow", "MLflow"), ("mlserver", "MLServer")):
        theirs = found.best("single", (kind,), "p50_us", min)
        against(name, f"p50 of a single row 30 times lower than {name}'s", 30, theirs, p50, up=False)
    goal("p50 of a single row under 150 µs", f"{p50:,.0f} µs", p50 < 150)
    many = found.value("many", "ours", "split", "per_second")
    batch = found.best("batch", ("ours",), "per_second")
    for what, own, least, text in (("many", many, 50, "requests/s at 64 connections"), ("batch", batch, 10, "rows/s in batches")):
        theirs = found.best(what, others, "per_second")
        against("MLflow and MLServer", f"{text}: {least} times the better of MLflow and MLServer", least, theirs, own, up=True)
    theirs = found.best("batch", python, "per_second")
    against("onnxruntime + uvicorn", "rows/s in batches: 4 times onnxruntime + uvicorn", 4, theirs, batch, up=True)
    for key, text in (("rest", "at rest"), ("peak", "under load")):
        mine = found.pair("ours", key)[0]
        rivals = [found.pair(kind, key)[0] for kind, _ in found.cases("five") if kind in others]
        against("MLflow and MLServer", f"memory (RSS) {text}: a 20th of the smaller of MLflow's and MLServer's", 20,
                min(rivals, default=None), mine, up=False)
        goal(f"memory (RSS) {text} under 25 MB", f"{mine:,.1f} MB", mine < 25)
    start = found.best("five", ("ours",), "start", min)
    theirs = found.best("five", others, "start", min)
    against("MLflow and MLServer", "start to first answers: a 50th of the quicker of MLflow and MLServer", 50, theirs, start, up=False)
    goal("start to first answers under 150 ms", f"{start * 1e3:,.0f} ms", start < 0.150)
    goal("binary under 12 MB, stripped", f"{size / MB:,.2f} MB", size / MB < 12)
    return ["| goal | measured | |", "| --- | --- | --- |", *rows]


def tables(bench, size, before, after):
    args, found = bench.args, Found(bench.results)
    loads = [one["load"] for all_of in bench.results.values() for one in all_of]
    simulated = bench.model.endswith("_sim")
    lines = []
    if args.quick:
        lines += ["**This was a quick run, to see that it runs. Its numbers say nothing.**", ""]
    lines += ["### One model, closed loop", "", *loops(found), ""]
    lines += ["### One model, open loop, 16 connections", "", *opened(found), ""]
    lines += ["### Five models", "", *five(found), ""]
    lines += ["## Goals", "", *goals(found, size), ""]
    trained = "simulated" if simulated else "real"
    lines += [
        f"{args.rounds} rounds of {args.seconds} s a cell, interleaved; medians over rounds. {os.cpu_count()} cores; load average "
        f"{before[0]:.2f} before, {min(loads):.1f} to {max(loads):.1f} meanwhile, {after[0]:.2f} after. The model is the "
        f"champion `{bench.model}` (trained on {trained} rows, {(bench.bundle / 'model.onnx').stat().st_size:,} bytes of ONNX); "
        f"the five models are {bench.distinct} different champions. The stripped binary has {size:,} bytes.",
        "",
    ]
    return "\n".join(lines)
