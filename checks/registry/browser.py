"""Headless Chromium through chromedriver's own protocol: no package is needed for the few verbs used here."""

import base64
import contextlib
import json
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
]
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
CLIENT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Browser:
    def __init__(self, url):
        self.url = url

    def ask(self, method, path, body=None):
        data = None if method == "GET" else json.dumps(body or {}).encode()
        request = urllib.request.Request(self.url + path, data, {"content-type": "application/json"}, method=method)
        with CLIENT.open(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def open(self, address):
        self.ask("POST", "/url", {"url": address})

    def size(self, width, height):
        """The size of what the page sees: a window is wider than its page."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.ask("POST", "/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params": metrics})

    def run(self, script, *arguments):
        return self.ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def press(self, key):
        keys = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self.ask("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": keys}]})

    def focused(self):
        return self.run("return document.activeElement.textContent.trim()")

    def shows(self, text):
        return self.run("return document.body.innerText.includes(arguments[0])", text)

    def picture(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(self.ask("GET", "/screenshot")))


@contextlib.contextmanager
def browsing(scripts):
    """A browser; `scripts` says whether pages may run any."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not (chromium and driver):
        raise SystemExit("chromium and chromedriver are not here: install them, as `checks/system.sh browser` does")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as profile:
        log = (pathlib.Path(profile) / "chromedriver.log").open("wb")
        process = subprocess.Popen([driver, f"--port={port}"], stdout=log, stderr=log)
        session = None
        try:
            base = f"http://127.0.0.1:{port}"
            ready(base)
            preferences = {"profile.managed_default_content_settings.javascript": 1 if scripts else 2}
            options = {
                "binary": chromium,
                "args": [*FLAGS, f"--user-data-dir={profile}/profile"],
                "prefs": preferences,
            }
            wanted = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}}
            session = Browser(base).ask("POST", "/session", wanted)["sessionId"]
            yield Browser(f"{base}/session/{session}")
        finally:
            if session:
                with contextlib.suppress(OSError):
                    Browser(base).ask("DELETE", f"/session/{session}")
            process.terminate()
            process.wait(30)
            log.close()


def ready(base):
    for _ in range(200):
        with contextlib.suppress(OSError), CLIENT.open(f"{base}/status", timeout=5) as answer:
            if json.load(answer)["value"]["ready"]:
                return
        time.sleep(0.05)
    raise SystemExit("chromedriver does not answer")
