#!/usr/bin/python3
"""What an operator sees and changes of a node's configuration, plugins and log while it runs."""
import asyncio
import pathlib
import socket
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from api import Api  # noqa: E402
from broker_case import BrokerCase  # noqa: E402
from tenonctl import tenonctl  # noqa: E402

SECRET = "secret-that-nobody-sees"


class ConfigCase(BrokerCase):
    def setUp(self):
        super().setUp()
        self.api = Api(self.broker.api_socket)

    def values(self):
        return {v["key"]: v for v in self.api.get("/api/v1/config").json["values"]}

    def write(self, **content):
        self.broker.write_config("95-change.json", content)

    def reload(self):
        answer = self.api.post("/api/v1/config/reload")
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    def levels(self):
        return {a["area"]: a for a in self.api.get("/api/v1/log/levels").json["areas"]}


class Config(ConfigCase):
    config = {"mqtt": {"receive_maximum": 7}}

    async def test_each_value_has_its_place(self):
        values = self.values()
        self.assertEqual(values["mqtt.receive_maximum"]["value"], 7)
        self.assertRegex(values["mqtt.receive_maximum"]["origin"], r"90-case\.json:\d+$")
        self.assertEqual(values["shutdown.timeout_s"]["origin"], "default")
        self.assertEqual(values["node.workers"]["changes_by"], "restart")
        self.assertIn(str(self.broker.conf_dir / "90-case.json"), self.api.get("/api/v1/config").json["files"])

    async def test_a_reload_says_what_it_has_changed_and_what_waits(self):
        self.assertEqual(self.reload()["applied"], [])
        self.write(mqtt={"receive_maximum": 9}, node={"workers": 1})
        diff = {c["key"]: c for c in self.api.get("/api/v1/config/diff").json["changes"]}
        self.assertEqual((diff["mqtt.receive_maximum"]["before"], diff["mqtt.receive_maximum"]["after"]), (7, 9))
        self.assertEqual(diff["node.workers"]["changes_by"], "restart")
        self.assertEqual(set(diff), {"mqtt.receive_maximum", "node.workers"})
        report = self.reload()
        self.assertEqual((report["applied"], report["restart"]), (["mqtt.receive_maximum"], ["node.workers"]))
        client = await self.connected("c")
        self.assertTrue(client.connected)
        values = self.values()
        self.assertEqual((values["mqtt.receive_maximum"]["value"], values["mqtt.receive_maximum"]["is_waiting"]), (9, False))
        self.assertEqual((values["node.workers"]["value"], values["node.workers"]["is_waiting"]), (2, True))
        # It waits until the files say again what is in use.
        self.assertEqual(self.reload()["restart"], ["node.workers"])
        self.write(mqtt={"receive_maximum": 9})
        self.assertEqual(self.reload()["restart"], [])
        self.assertFalse(self.values()["node.workers"]["is_waiting"])

    async def test_a_wrong_configuration_is_refused_as_a_whole(self):
        self.write(mqtt={"receive_maximum": 0, "no_such_key": 1}, log={"level": "debug"})
        for answer in (self.api.post("/api/v1/config/reload"), self.api.get("/api/v1/config/diff")):
            self.assertEqual(answer.status, 409)
            self.assertIn("no_such_key", answer.detail)
            self.assertIn("receive_maximum", answer.detail)
            self.assertIn("95-change.json", answer.detail)
        self.assertEqual(self.values()["mqtt.receive_maximum"]["value"], 7)
        self.assertEqual(self.levels()["link"]["level"], "info")
        self.write(listeners={"default": {"stack": ["tcp", "nothing"]}}, log={"level": "debug"})
        answer = self.api.post("/api/v1/config/reload")
        self.assertEqual(answer.status, 409, answer)
        self.assertEqual(self.levels()["link"]["level"], "info")

    async def test_levels_of_the_log_change_for_a_while_or_until_a_reload(self):
        set_level = lambda area, **body: self.api.ask("PUT", f"/api/v1/log/levels/{area}", body)  # noqa: E731
        self.assertEqual(set_level("link", level="debug").status, 200)
        self.assertEqual(set_level("session", level="debug", duration_s=3600).status, 200)
        client = await self.connected("watched")
        await client.disconnect()
        await asyncio.to_thread(self.broker.wait_for_event, "link.closed", client_id="watched")
        await asyncio.to_thread(self.broker.wait_for_event, "session.started", client_id="watched")
        self.assertGreater(self.levels()["session"]["remaining_s"], 3000)
        self.reload()
        self.assertEqual((self.levels()["link"]["level"], self.levels()["session"]["level"]), ("info", "debug"))
        self.assertEqual(set_level("all", level="warn").status, 200)
        self.assertEqual({a["level"] for a in self.levels().values()}, {"warn"})
        self.assertEqual(set_level("none", level="warn").status, 400)
        self.assertEqual(set_level("link", level="loud").status, 400)

    async def test_a_level_that_was_set_for_a_while_ends(self):
        self.api.ask("PUT", "/api/v1/log/levels/link", {"level": "debug", "duration_s": 1})
        for _ in range(600):
            if self.levels()["link"]["level"] == "info":
                break
            await asyncio.sleep(0.05)
        self.assertNotIn("remaining_s", self.levels()["link"])

    async def test_plugins_are_told_of(self):
        plugins = {p["name"]: p for p in self.api.get("/api/v1/plugins").json["plugins"]}
        self.assertEqual((plugins["tcp"]["kind"], plugins["tcp"]["state"], plugins["tcp"]["health"]),
                         ("transport", "active", "ok"))
        self.assertEqual(self.api.get("/api/v1/plugins/tcp").json["version"], plugins["tcp"]["version"])
        self.assertEqual(self.api.get("/api/v1/plugins/none").status, 404)

    async def test_lines_for_people(self):
        ctl = lambda *words: tenonctl(self.broker, *words)  # noqa: E731
        self.assertRegex(ctl("config", "show"), r"(?m)^mqtt\.receive_maximum = 7 +# .*90-case\.json:\d+$")
        self.assertIn("what is in use", ctl("config", "diff"))
        self.write(mqtt={"receive_maximum": 9})
        self.assertRegex(ctl("config", "diff"), r"(?m)^\+ mqtt\.receive_maximum = 9 +# .*\(by reload\)$")
        self.assertIn("in use:\n  mqtt.receive_maximum", ctl("config", "reload"))
        self.assertRegex(ctl("plugin", "list"), r"(?m)^ *tcp +transport ")
        self.assertRegex(ctl("plugin", "show", "tcp"), r"(?m)^calls +\d+$")
        self.assertRegex(ctl("log", "level", "link", "debug", "--duration", "60"), r"(?m)^ *link +debug +info +\d+")


class Secrets(ConfigCase):
    config = {"plugins": {"spare": {"file": "auth-jwt.so", "options": {"hs_secret": SECRET}}}}

    async def test_secrets_are_never_shown(self):
        self.assertEqual(self.values()["plugins.spare.options.hs_secret"]["value"], "***")
        self.write(plugins={"spare": {"options": {"hs_secret": SECRET * 2}}})
        diff = self.api.get("/api/v1/config/diff")
        [change] = diff.json["changes"]
        self.assertEqual((change["key"], change["before"], change["after"]),
                         ("plugins.spare.options.hs_secret", "***", "***"))
        self.reload()
        shown = str([diff.body, self.api.get("/api/v1/config").body])
        self.broker.drain()
        self.assertNotIn(SECRET, shown + self.broker.log)


class Tokens(ConfigCase):
    def setUp(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.config = {"api": {"port": self.port}}
        super().setUp()

    def token(self, name):
        file = self.broker.home / f"{name}.token"
        file.write_text(name * 64 + "\n")
        return {name: {"role": "viewer", "file": str(file)}}

    def lets_in(self, name):
        return Api(("127.0.0.1", self.port), name * 64).raw("GET", "/api/v1/status").status == 200

    async def test_tokens_come_and_go_by_a_reload(self):
        self.write(api={"tokens": self.token("a")})
        self.assertEqual(self.reload()["tokens"], ["a"])
        self.assertTrue(self.lets_in("a"))
        self.write(api={"tokens": self.token("b")})
        self.assertEqual(self.reload()["tokens"], ["b"])
        self.assertTrue(self.lets_in("b"))
        self.assertFalse(self.lets_in("a"))

    async def test_a_token_that_cannot_be_read_refuses_the_reload(self):
        self.write(api={"tokens": self.token("a")})
        self.reload()
        self.write(api={"tokens": {"b": {"file": str(self.broker.home / "nothing")}}}, log={"level": "debug"})
        answer = self.api.post("/api/v1/config/reload")
        self.assertEqual(answer.status, 409)
        self.assertIn("api.tokens.b.file", answer.detail)
        self.assertTrue(self.lets_in("a"))
        self.assertEqual(self.levels()["link"]["level"], "info")


if __name__ == "__main__":
    unittest.main()
