"""Looks at the registry's pages with headless Chromium.

    python pages.py GAUNTLET ROOT PICTURES

ROOT is the root of a run that registered models. Pages are visited with scripts forbidden, by keyboard, and as
wide as a phone; pictures of them are left in PICTURES.
"""

import contextlib
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

import browser
import services

TAB = "\ue004"
ENTER = "\ue007"
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"


def main(gauntlet, root, pictures):
    gauntlet, root, pictures = (str(pathlib.Path(path).resolve()) for path in (gauntlet, root, pictures))
    root, pictures = pathlib.Path(root), pathlib.Path(pictures)
    listed = subprocess.run(
        [gauntlet, "--root", root, "--json", "registry", "list"], check=True, capture_output=True, text=True
    )
    models = json.loads(listed.stdout)
    champion = next((m for m in models if "champion" in m["aliases"]), None)
    if champion is None:
        sys.exit(f"{root} holds no champion: no model was promoted")
    with tempfile.TemporaryDirectory() as copy, serving(gauntlet, root, pathlib.Path(copy)) as url:
        hostile = ask(url, "experiments/create", {"name": HOSTILE})["experiment_id"]
        run = ask(url, "runs/create", {"experiment_id": hostile, "run_name": HOSTILE})["run"]["info"]["run_id"]
        for step in range(20):
            ask(url, "runs/log-metric",
                {"run_id": run, "key": "loss", "value": 1 / (step + 1), "timestamp": step, "step": step})
        with browser.browsing(scripts=False) as view:
            walk(view, url, champion, pictures)
            hostile_texts(view, url, hostile, run, pictures)
        without_a_page(url)


@contextlib.contextmanager
def serving(gauntlet, root, copy):
    """Our server on a copy of the root's registry: what is written here is nobody's business later."""
    shutil.copytree(root / "registry", copy / "registry")
    port = services.free_port()
    url = f"http://127.0.0.1:{port}"
    command = [gauntlet, "--root", copy, "registry", "serve", "--port", port]
    with services.running(command, f"{url}/health", copy / "server.log", services.environment(), copy):
        yield url


def walk(view, url, champion, pictures):
    """From the list of experiments to a version's card, on a desk and on a phone."""
    name, version = champion["model"], champion["aliases"]["champion"]
    addresses = {"experiments": "/", "models": "/models", "model": f"/models/{name}",
                 "version": f"/models/{name}/{version}"}
    for width, device in ((1280, "desk"), (375, "phone")):
        view.size(width, 900)
        for page, address in addresses.items():
            view.open(url + address)
            wide = view.run("return document.documentElement.scrollWidth")
            expect(wide <= width, f"{page} is {wide} pixels wide on a {device} of {width}")
            view.picture(pictures / f"{page}-{device}.png")
        expect(view.shows("Verdict: Promote"), "the version's page lacks its verdict")
        expect(view.shows("pr_auc"), "the version's page lacks its card")
        view.open(f"{url}/models/{name}")
        expect(view.shows("@champion") and view.shows("History"), "the model's page lacks alias or history")
    view.size(1280, 900)
    experiment = by_keyboard(view, url)
    metric = view.run("return [...document.querySelectorAll('select[name=metric] option')].map(o => o.value)[1]")
    view.open(f"{experiment}?metric={metric}")
    circles = view.run("return document.querySelectorAll('svg circle').length")
    expect(circles > 0, f"the comparison of {metric} draws no run")
    view.picture(pictures / "comparison.png")


def by_keyboard(view, url):
    """Skip link, navigation and an experiment are reached with Tab and Enter alone."""
    view.open(url)
    view.press(TAB)
    expect(view.focused() == "Skip to content", f"the first Tab reaches {view.focused()!r}")
    for _ in range(30):
        view.press(TAB)
        if view.run("return (document.activeElement.getAttribute('href') || '').startsWith('/experiments/')") and (
            view.focused() not in ("Default", HOSTILE)
        ):
            break
    before = view.run("return location.href")
    view.press(ENTER)
    address = view.run("return location.href")
    expect(address != before, "Enter on an experiment leads nowhere")
    return address


def hostile_texts(view, url, experiment, run, pictures):
    """What a client wrote is text on every page, never an element."""
    for address in ("/", f"/experiments/{experiment}?metric=loss", f"/runs/{run}?metric=loss"):
        view.open(url + address)
        expect(view.shows(HOSTILE), f"{address} does not show the name as it is")
        made = view.run("return document.querySelectorAll('main img, script').length")
        expect(made == 0, f"{address} made {made} elements out of a name")
    points = view.run("return document.querySelector('svg polyline').points.length")
    expect(points == 20, f"the history of 20 values draws {points}")
    view.picture(pictures / "run.png")


def without_a_page(url):
    """An address without a page is an error page; one below /api is MLflow's JSON."""
    for address, kind in (("/models/nothing", "text/html"), ("/api/2.0/nothing", "application/json")):
        try:
            services.CLIENT.open(url + address, timeout=10)
            sys.exit(f"{address} was answered with success")
        except urllib.error.HTTPError as error:
            expect(error.code == 404, f"{address} has status {error.code}")
            expect(error.headers["content-type"].startswith(kind), f"{address} is {error.headers['content-type']}")


def ask(url, path, body):
    request = urllib.request.Request(
        f"{url}/api/2.0/mlflow/{path}", json.dumps(body).encode(), {"content-type": "application/json"}
    )
    with services.CLIENT.open(request, timeout=30) as answer:
        return json.load(answer)


def expect(holds, problem):
    if not holds:
        sys.exit(problem)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
    print("pages: experiments, runs, models, versions and cards are right on a desk, on a phone and by keyboard")
