"""Runs the pump gauntlet on many simulated pumps and holds every method against the known ceiling.

    python3 checks/pump_seeds.py GAUNTLET FOLDER [--seeds 20] [--first 1] [--jobs 1] [--markdown PATH]

The simulator knows which failures announce themselves. Of the others a method can only hit what chance gives: the share of
time that lies within the horizon after one of its alarms that announced nothing. Its hits must not exceed that, one-sided
binomial at 0.1 %, the uncertainty of its rate of alarms included. The champion's contender has to find 90 % of those that
announce themselves at no more than one false alarm per week.
"""

import argparse
import concurrent.futures
import json
import math
import pathlib
import shutil
import subprocess
import sys

LEVEL = 0.001


def run(gauntlet, project, folder, seed):
    """metrics.json of one seed, run in a project of its own; kept from an earlier call."""
    kept = folder / f"seed_{seed}.json"
    if kept.exists():
        return json.loads(kept.read_text())
    root = folder / f"root_{seed}"
    shutil.rmtree(root, ignore_errors=True)
    for part in ("pipelines/pump.toml", "datasets/pump/dataset.toml", "registry/registry.toml"):
        (root / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(project / part, root / part)
    command = [gauntlet, "--root", root, "--quiet", "run", root / "pipelines/pump.toml",
               "--data", "simulated", "--seed", str(seed), "--jobs", "1"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"seed {seed}: {done.stderr}")
    metrics = json.loads((root / "reports/pump/metrics.json").read_text())
    kept.write_text(json.dumps(metrics))
    shutil.rmtree(root)
    return metrics


def upper_tail(hits, trials, p):
    """P(X >= hits) of a binomial variable."""
    return sum(math.comb(trials, k) * p**k * (1 - p) ** (trials - k) for k in range(hits, trials + 1))


def beta_quantile(q, a, b):
    """By bisection on the regularised incomplete beta function, for whole a and b: a binomial tail."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if upper_tail(a, a + b - 1, middle) < q:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def clopper_pearson(hits, trials):
    low = 0.0 if hits == 0 else beta_quantile(0.025, hits, trials - hits + 1)
    high = 1.0 if hits == trials else beta_quantile(0.975, hits + 1, trials - hits)
    return low, high


def covered(metrics, judged, at, mode):
    """Weeks of the tests within the horizon after an alarm that announced nothing, and those alarms."""
    horizon = at["horizon_h"] * 3.6e6
    announced = [ms for ms, kind in mode.items() if kind != "abrupt"]
    starts = [alarm["at_ms"] for alarm in judged["judgement"]["alarms"] if alarm["running"]]
    idle = [ms for ms in starts if not any(failure - horizon <= ms < failure for failure in announced)]
    weeks, until = 0.0, -math.inf
    for ms in sorted(idle):
        weeks += (ms + horizon - max(ms, until)) / 6.048e8
        until = ms + horizon
    return weeks, len(idle)


def gather(all_metrics):
    """Per participant: hits and trials among announced and unannounced failures, false alarms, weeks, leads."""
    table = {}
    for metrics in all_metrics:
        mode = {event["at_ms"]: event["mode"] for event in metrics["truth"]["events"]}
        for judged in metrics["participants"]:
            if judged["refused"]:
                continue
            at = judged["judgement"]["horizons"][0]
            row = table.setdefault(judged["name"], {
                "baseline": judged["baseline"], "announced": [0, 0], "abrupt": [0, 0], "precursor": [0, 0],
                "drift": [0, 0], "false": 0, "weeks": 0.0, "leads": [], "horizon_h": at["horizon_h"],
                "covered": 0.0, "idle": 0})
            for detection in at["detections"]:
                kind = mode[metrics["failures"][detection["failure"]]["at_ms"]]
                hit = detection["lead_s"] is not None
                for key in {kind, "abrupt" if kind == "abrupt" else "announced"}:
                    row[key][0] += hit
                    row[key][1] += 1
                if hit and kind != "abrupt":
                    row["leads"].append(detection["lead_s"] / 60)
            row["false"] += at["false_alarms"]
            row["weeks"] += at["weeks"]
            weeks, idle = covered(metrics, judged, at, mode)
            row["covered"] += weeks
            row["idle"] += idle
    return table


def judge(table, winners):
    lines, failed = [], []
    champion = max(set(winners), key=winners.count)
    for name, row in table.items():
        rate = row["false"] / row["weeks"]
        chance = min(row["covered"] / row["weeks"], 1.0)
        # The count of idle alarms is itself a draw: its upper end, as Poisson.
        more = (row["idle"] + 3.29 * math.sqrt(row["idle"] + 1) + 5) / max(row["idle"], 1)
        most = min(max(chance, row["horizon_h"] / 168 / row["weeks"]) * more, 1.0)
        hits, trials = row["abrupt"]
        tail = upper_tail(hits, trials, most)
        if tail < LEVEL:
            failed.append(f"{name} hits {hits} of {trials} unannounced failures, chance gives {most:.2f} each at most")
        announced, of = row["announced"]
        low, top = clopper_pearson(announced, of)
        ceiling = of + chance * trials
        leads = sorted(row["leads"])
        middle = f"{leads[len(leads) // 2]:.0f} min" if leads else "-"
        lines.append((name, announced, of, low, top, row["precursor"], row["drift"], hits, trials, chance * trials,
                      announced + hits, ceiling, rate, middle, row["baseline"]))
        if name == champion:
            if announced < 0.9 * of:
                failed.append(f"the champion's {name} finds {announced} of {of} announced failures: under 90 %")
            if rate > 1.0:
                failed.append(f"the champion's {name} raises {rate:.2f} false alarms per week: over 1")
    return champion, lines, failed


def markdown(champion, lines, seeds, winners):
    out = [f"Champion in most runs: `{champion}` ({winners.count(champion)} of {len(winners)} seeds).", "",
           f"| participant | announced failures found | 95 % | precursor | drift | unannounced hit | expected by chance | "
           "all hits / ceiling | false alarms per week | median lead |",
           "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"]
    for name, a, of, low, top, pre, drift, hits, trials, chance, total, ceiling, rate, middle, baseline in lines:
        shown = f"({name})" if baseline else f"`{name}`"
        out.append(f"| {shown} | {a} of {of} | {low:.2f} to {top:.2f} | {pre[0]} of {pre[1]} | {drift[0]} of {drift[1]} | "
                   f"{hits} of {trials} | {chance:.1f} | {total} / {ceiling:.1f} | {rate:.2f} | {middle} |")
    return "\n".join(out) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gauntlet", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--markdown", type=pathlib.Path)
    args = parser.parse_args()
    project = pathlib.Path(__file__).resolve().parent.parent
    args.folder.mkdir(parents=True, exist_ok=True)
    seeds = range(args.first, args.first + args.seeds)
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        all_metrics = list(pool.map(lambda seed: run(args.gauntlet, project, args.folder, seed), seeds))
    winners = [metrics["winner"] for metrics in all_metrics]
    table = gather(all_metrics)
    champion, lines, failed = judge(table, winners)
    text = markdown(champion, lines, args.seeds, winners)
    print(text)
    if args.markdown:
        page = args.markdown.read_text()
        begin, end = "<!-- seeds -->\n", "<!-- /seeds -->"
        head, rest = page.split(begin)
        tail = rest.split(end)[1]
        args.markdown.write_text(head + begin + text + end + tail)
    if failed:
        sys.exit("FAILED\n" + "\n".join(failed))
    print(f"no method beats the ceiling plus chance, over {args.seeds} seeds")


if __name__ == "__main__":
    main()
