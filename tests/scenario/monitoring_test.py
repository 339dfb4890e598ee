#!/usr/bin/python3
"""What is documented of metrics is served, what is shipped to look at them names such as there are, and a Prometheus reads them."""
import asyncio
import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from api import Api  # noqa: E402
from broker import SOURCE  # noqa: E402
from broker_case import BrokerCase  # noqa: E402

RULES = SOURCE / "packaging/monitoring/tenon.rules.yml"
DASHBOARD = SOURCE / "packaging/monitoring/grafana-dashboard.json"
NAME = re.compile(r"\btenon_[a-z0-9_]+")
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
# Of nodes that are not alone.
PEERS = re.compile(r"tenon_peer_")


def documented():
    return set(re.findall(r"`(tenon_[a-z0-9_]+)`", (SOURCE / "docs/reference/metrics.md").read_text()))


def without_suffix(name, known):
    return name if name in known else re.sub(r"_(bucket|sum|count)$", "", name)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Shipped(unittest.TestCase):
    def test_dashboard_and_rules_name_metrics_that_are_documented(self):
        known = documented()
        self.assertGreater(len(known), 40)
        for file in (RULES, DASHBOARD):
            named = {without_suffix(name, known) for name in NAME.findall(file.read_text())}
            self.assertGreater(len(named), 5, file)
            self.assertEqual(named - known, set(), file)

    def test_the_dashboard_is_whole(self):
        dashboard = json.loads(DASHBOARD.read_text())
        panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
        self.assertTrue(all(panel["targets"] and panel["datasource"]["uid"] == "${datasource}" for panel in panels))
        places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in dashboard["panels"]]
        self.assertEqual(len(set(places)), len(places))

    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed")
    def test_the_rules_are_sound(self):
        done = subprocess.run(["promtool", "check", "rules", str(RULES)], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class Served(BrokerCase):
    def setUp(self):
        self.port = free_port()
        events = pathlib.Path(tempfile.mkdtemp(prefix="tenon-events-"))
        self.addCleanup(shutil.rmtree, events, ignore_errors=True)
        self.config = {"api": {"port": self.port}, "plugins": {"audit-log": {}, "topic-rewrite": {}},
                       "intercept": {"topic-rewrite": {"options": {"rules": [{"filter": "noise/#", "drop": True}]}}},
                       "events": {"audit-log": {"options": {"file": str(events / "audit.log")}}}}
        super().setUp()
        self.api = Api(("127.0.0.1", self.port))

    def exposition(self, accept):
        return self.api.raw("GET", "/metrics", headers={"Accept": accept})

    async def test_each_documented_metric_is_served(self):
        client = await self.connected("c")
        await client.deliver("t", "x")
        self.api.raw("GET", "/healthz")
        text = self.exposition("text/plain").body.decode()
        served = set(re.findall(r"(?m)^# TYPE (\S+)", text))
        self.assertEqual({name for name in documented() - served if not PEERS.match(name)}, set())
        self.assertEqual({name for name in served - documented() if not name.startswith("tenon_plugin_")}, set())

    async def test_openmetrics_is_spoken_with_who_wants_it(self):
        answer = self.exposition(OPENMETRICS)
        self.assertTrue(answer.headers["Content-Type"].startswith("application/openmetrics-text"))
        self.assertTrue(answer.body.endswith(b"# EOF\n"))
        self.assertEqual(answer.headers["Vary"], "Accept")
        plain = self.exposition("text/plain")
        self.assertTrue(plain.headers["Content-Type"].startswith("text/plain"))
        self.assertNotIn(b"# EOF", plain.body)

    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed")
    async def test_promtool_finds_nothing_wrong(self):
        done = subprocess.run(["promtool", "check", "metrics"], input=self.exposition("text/plain").body,
                              capture_output=True)
        self.assertNotEqual(done.returncode, 1, done.stderr.decode())  # 3: names that its taste would have otherwise

    @unittest.skipUnless(shutil.which("prometheus"), "prometheus is not installed")
    async def test_a_prometheus_scrapes_a_broker_and_knows_its_rules(self):
        home = pathlib.Path(tempfile.mkdtemp(prefix="tenon-prometheus-"))
        self.addCleanup(shutil.rmtree, home, ignore_errors=True)
        (home / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"}, "rule_files": [str(RULES)],
            "scrape_configs": [{"job_name": "tenon", "static_configs": [{"targets": [f"127.0.0.1:{self.port}"]}]}]}))
        port = free_port()
        prometheus = subprocess.Popen(
            ["prometheus", f"--config.file={home}/prometheus.yml", f"--storage.tsdb.path={home}/data",
             f"--web.listen-address=127.0.0.1:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(prometheus.wait)
        self.addCleanup(prometheus.terminate)

        def ask(path):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/{path}", timeout=10) as answer:
                return json.load(answer)["data"]

        deadline = time.monotonic() + 60
        while True:
            try:
                ready = ask("query?query=tenon_node_ready")["result"]
                if ready and ready[0]["value"][1] == "1":
                    break
            except OSError:
                pass
            self.assertIsNone(prometheus.poll())
            self.assertLess(time.monotonic(), deadline, "Prometheus has read nothing")
            await asyncio.sleep(0.2)
        [target] = ask("targets")["activeTargets"]
        self.assertEqual((target["health"], target["lastError"]), ("up", ""))
        rules = [rule for group in ask("rules")["groups"] for rule in group["rules"]]
        self.assertGreater(len(rules), 10)
        self.assertEqual([rule["lastError"] for rule in rules if rule.get("lastError")], [])


if __name__ == "__main__":
    unittest.main()
