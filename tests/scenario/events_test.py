#!/usr/bin/python3
"""What observers are told of what clients do: events/audit-log as an operator has it."""
import asyncio
import json
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from api import Api, quote  # noqa: E402
from broker import Broker, StartFailed  # noqa: E402
from http_service import HttpService  # noqa: E402
from link import Link  # noqa: E402
from mqtt_client import Client, Will  # noqa: E402


class AuditCase(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tenon-events-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.file = self.dir / "audit.log"

    def broker(self, options=None, entry=None, plugins=None, **config):
        return Broker(config={"plugins": {"audit-log": {}, **(plugins or {})}, **config,
                              "events": {"audit-log": {**(entry or {}), "options": {"file": str(self.file), **(options or {})}}}})

    def lines(self, event=None, path=None):
        path = path or self.file
        lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        return [line for line in lines if event in (None, line["event"])]

    def until(self, holds, what):
        """Until holds(); a failure if that never comes."""
        deadline = time.monotonic() + 20
        while not holds():
            self.assertLess(time.monotonic(), deadline, f"not in time: {what}: {self.lines()}")
            time.sleep(0.01)

    def events(self):
        return [line["event"] for line in self.lines()]

    def gone(self, count=1):
        """Until so many clients have gone."""
        self.until(lambda: len(self.lines("client_disconnected")) >= count, f"{count} are gone")


class Told(AuditCase):
    """What there is to see."""

    def test_a_clients_life_is_a_line_for_each_of_its_steps(self):
        with self.broker({"messages": ["alarms/#"]}) as broker:
            link = Link(broker.port, client_id="dev-1")
            link.subscribe("home/+")
            link.publish("alarms/fire", b"hot")
            link.publish("home/x", b"secret")
            link.close()
            self.gone()
        lines = self.lines()
        self.assertEqual([line["event"] for line in lines[:3]], ["client_connected", "subscribed", "message_published"])
        self.assertEqual(sorted(line["event"] for line in lines[3:]), ["client_disconnected", "session_ended"])
        for line in lines:
            self.assertEqual((line["client_id"], line["tenant"], line["listener"]), ("dev-1", "default", "default"))
            self.assertEqual(line["version"], "5.0")
        self.assertFalse(lines[0]["session_present"])
        self.assertTrue(lines[0]["peer"].startswith("127.0.0.1:"))
        self.assertEqual((lines[1]["topic"], lines[1]["qos"], lines[1]["code"]), ("home/+", 1, 1))
        self.assertEqual((lines[2]["topic"], lines[2]["qos"]), ("alarms/fire", 1))
        self.assertTrue(self.lines("client_disconnected")[0]["reason"])
        self.assertNotIn("hot", self.file.read_text())
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o600)

    def test_who_is_not_let_in_is_written_with_the_reason(self):
        with self.broker(auth={"anonymous": "never"}) as broker:
            Link(broker.port, client_id="stranger", user="u", password="geheim").close()
            self.until(lambda: self.lines("client_refused"), "the refusal is written")
        self.assertEqual(self.events(), ["client_refused"])
        refused = self.lines()[0]
        self.assertEqual((refused["client_id"], refused["user"], refused["code"]), ("stranger", "u", 0x86))
        self.assertTrue(refused["reason"])
        self.assertNotIn("geheim", self.file.read_text())

    def test_what_a_client_may_not_do_is_written(self):
        service = HttpService(lambda request: {"result": "allow", "publish": ["own/#"], "subscribe": ["own/#"]})
        self.addCleanup(service.close)
        chain = {"anonymous": "never", "chain": {"http": {"order": 1, "options": {"url": service.url()}}}}
        with self.broker({"messages": ["#"]}, plugins={"http": {}}, auth=chain) as broker:
            link = Link(broker.port, client_id="dev-1", user="ann", password="x")
            self.assertEqual(link.subscribe("others/#"), 0x87)
            self.assertEqual(link.publish("others/x"), 0x87)
            self.assertEqual(link.publish("own/x"), 0x10)
            link.close()
            self.gone()
        refused = self.lines("message_refused")
        self.assertEqual([(line["topic"], line["code"], line["user"]) for line in refused], [("others/x", 0x87, "ann")])
        self.assertEqual([(line["topic"], line["code"]) for line in self.lines("subscribed")], [("others/#", 0x87)])
        self.assertEqual([line["topic"] for line in self.lines("message_published")], ["own/x"])

    def named(self):
        """A service that lets everybody in to the tenant of the user's name, on a listener of another one."""
        service = HttpService(lambda request: {"result": "allow", "publish": ["own/#"], "subscribe": [], "tenant": request["username"]})
        self.addCleanup(service.close)
        return {"plugins": {"http": {}},
                "auth": {"anonymous": "never", "chain": {"http": {"order": 1, "options": {"url": service.url()}}}}}

    def refused(self):
        return [(line["tenant"], line["client_id"], line["user"], line["code"]) for line in self.lines("client_refused")]

    def test_a_refusal_names_the_tenant_that_the_login_named(self):
        with self.broker({"events": ["client_refused"]}, tenants={"red": {"connections_max": 1}}, **self.named()) as broker:
            first = Link(broker.port, client_id="first", user="red", password="x")
            Link(broker.port, client_id="second", user="red", password="x").close()
            self.until(self.refused, "the refusal is written")
            first.close()
        self.assertEqual(self.refused(), [("red", "second", "red", 0x97)])

    def test_who_is_sent_to_other_nodes_is_written_with_the_directive(self):
        with self.broker({"events": ["client_refused"]}, tenants={"red": {}}, **self.named()) as broker:
            answer = Api(broker.api_socket).ask("PUT", "/api/v1/traffic/directives/mqtt/" + quote("r*"),
                                                {"weights": {"far": 1}, "reason": "moved"}, None, {"If-None-Match": "*"})
            self.assertEqual(answer.status, 200, answer)
            Link(broker.port, client_id="dev-1", user="red", password="x").close()
            self.until(self.refused, "the refusal is written")
        self.assertEqual(self.refused(), [("red", "dev-1", "red", 0x9C)])
        self.assertIn("r*", self.lines()[0]["reason"])

    def test_a_will_that_may_not_be_published_is_written(self):
        async def leave(port):
            for client_id, topic in (("bad", "others/w"), ("good", "own/w")):
                client = Client(client_id, port, will=Will(topic, b"gone"), user="red", password="x", clean=True)
                await client.connect()
                client.abort()
                await client.closed()

        with self.broker({"messages": ["#"]}, tenants={"red": {}}, **self.named()) as broker:
            asyncio.run(leave(broker.port))
            self.until(lambda: self.lines("message_published"), "the will of the second is published")
            self.until(lambda: self.lines("message_refused"), "that of the first is refused")
        told = [(line["event"], line["client_id"], line["tenant"], line["topic"], line["will"])
                for line in self.lines("message_refused") + self.lines("message_published")]
        self.assertEqual(told, [("message_refused", "bad", "red", "others/w", True), ("message_published", "good", "red", "own/w", True)])
        self.assertEqual(self.lines("message_refused")[0]["code"], 0x87)

    def test_a_disconnect_says_why(self):
        with self.broker() as broker:
            first = Link(broker.port, client_id="same")
            second = Link(broker.port, client_id="same")
            self.gone(1)
            second.close()
            self.gone(2)
            first.close()
        over, closed = self.lines("client_disconnected")
        self.assertEqual(over["code"], 0x8E)
        self.assertNotIn("code", closed)
        self.assertNotEqual(over["reason"], closed["reason"])

    def test_only_what_is_asked_for_is_written(self):
        with self.broker({"events": ["client_disconnected"]}) as broker:
            for _ in range(3):
                Link(broker.port).close()
            self.gone(3)
        self.assertEqual(set(self.events()), {"client_disconnected"})

    def test_tenants_are_named_and_their_topics_are_as_they_write_them(self):
        listeners = {"red": {"bind": "127.0.0.1", "port": 0, "tenant": "red"}}
        with self.broker({"messages": ["a/#"]}, listeners=listeners, tenants={"red": {}}) as broker:
            port = int(broker.wait_for_event("listener.opened", listener="red")["fields"]["port"])
            link = Link(port, client_id="dev-1")
            for wanted in ("a/#", "$share/group/a/+"):
                link.subscribe(wanted)
            link.publish("a/b")
            link.close()
            self.gone()
        self.assertEqual({line["tenant"] for line in self.lines()}, {"red"})
        self.assertEqual([line["topic"] for line in self.lines("subscribed")], ["a/#", "$share/group/a/+"])
        self.assertEqual([line["topic"] for line in self.lines("message_published")], ["a/b"])

    def test_sessions_end_with_a_reason_and_wills_are_messages(self):
        async def clients(port):
            for client_id, options in (("short", {"expiry_s": 0, "clean": True}), ("later", {"expiry_s": 1})):
                client = Client(client_id, port, will=Will("w/" + client_id, b"gone"), **options)
                await client.connect()
                client.abort()
                await client.closed()
            stays = Client("stays", port)
            await stays.connect()
            await stays.disconnect()
            anew = Client("stays", port, clean=True)
            await anew.connect()
            await anew.disconnect(expiry_s=0)

        with self.broker({"messages": ["w/#"]}) as broker:
            asyncio.run(clients(broker.port))
            self.until(lambda: len(self.lines("session_ended")) == 4, "all sessions have ended")
            self.until(lambda: len(self.lines("message_published")) == 2, "both wills are published")
        ended = sorted((line["client_id"], line["reason"]) for line in self.lines("session_ended"))
        self.assertEqual(ended, [("later", "expired"), ("short", "connection"), ("stays", "clean start"), ("stays", "connection")])
        for line in self.lines("message_published"):
            self.assertEqual((line["topic"], line["will"]), ("w/" + line["client_id"], True))


class Kept(AuditCase):
    """What becomes of it."""

    def test_what_waits_is_written_before_the_end(self):
        with self.broker() as broker:
            links = [Link(broker.port, client_id=f"c{number}") for number in range(50)]
            self.assertEqual(broker.stop(), 0)
            for link in links:
                link.close()
        self.assertEqual(len(self.lines("client_connected")), 50)
        self.assertEqual(len(self.lines("client_disconnected")), 50)

    def test_a_large_file_is_set_aside_and_old_ones_go(self):
        with self.broker({"bytes_max": 4096, "kept": 2, "events": ["client_connected", "client_disconnected"]}) as broker:
            for number in range(120):
                Link(broker.port, client_id=f"client-{number}").close()
            self.until(lambda: broker.metric("tenon_events_delivered_total", plugin="audit-log") == 240, "all are written")
        names = sorted(path.name for path in self.dir.iterdir())
        self.assertEqual(names, ["audit.log", "audit.log.1", "audit.log.2"])
        for path in self.dir.iterdir():
            self.assertTrue(self.lines(path=path))
        self.assertEqual(self.lines()[-1]["client_id"], "client-119")

    def reload(self, broker, event):
        before = len(broker.events())
        broker.signal(signal.SIGHUP)
        return broker.wait_for_event(event, after=before)

    def test_a_file_that_was_moved_away_is_made_anew_by_a_reload_and_a_bad_path_changes_nothing(self):
        with self.broker({"events": ["client_connected", "client_disconnected"]}) as broker:
            Link(broker.port, client_id="before").close()
            self.gone(1)
            self.file.rename(self.dir / "moved")
            self.reload(broker, "config.reload_done")
            Link(broker.port, client_id="behind").close()
            self.gone(1)
            broker.write_config("91-bad.json", {"events": {"audit-log": {"options": {"file": "/nowhere/audit.log"}}}})
            refused = self.reload(broker, "config.reload_refused")
            self.assertIn("/nowhere/audit.log", refused["message"])
            Link(broker.port, client_id="third").close()
            self.gone(2)
        self.assertEqual([line["client_id"] for line in self.lines()], ["behind", "behind", "third", "third"])
        self.assertEqual({line["client_id"] for line in self.lines(path=self.dir / "moved")}, {"before"})

    def test_a_reload_changes_what_is_told(self):
        with self.broker({"events": ["client_connected"]}) as broker:
            link = Link(broker.port, client_id="dev-1")
            link.publish("a/b")
            broker.write_config("91-more.json", {"events": {"audit-log": {"options": {"messages": ["a/#"]}}}})
            self.reload(broker, "config.reload_done")
            link.publish("a/c")
            link.publish("b/c")
            link.subscribe("a/#")
            link.close()
            broker.write_config("91-more.json", {})
            self.reload(broker, "config.reload_done")
            link = Link(broker.port, client_id="dev-2")
            link.publish("a/d")
            link.close()
        self.assertEqual([(line["event"], line.get("topic")) for line in self.lines()],
                         [("client_connected", None), ("message_published", "a/c"), ("client_connected", None)])

    def test_a_file_that_can_not_be_made_stops_the_start_with_its_name(self):
        with self.assertRaises(StartFailed) as failed:
            self.broker({"file": "/nowhere/audit.log"})
        self.assertIn("/nowhere/audit.log", str(failed.exception))

    def test_a_fifo_stops_the_start_rather_than_holding_it_up(self):
        os.mkfifo(self.file)
        with self.assertRaises(StartFailed) as failed:
            self.broker()
        self.assertIn(str(self.file), str(failed.exception))

    def test_a_name_that_is_no_event_stops_the_start(self):
        with self.assertRaises(StartFailed) as failed:
            self.broker({"events": ["client_conected"]})
        self.assertIn("client_conected", str(failed.exception))

    def test_what_could_not_be_written_is_lost_and_counted_and_the_next_is_tried(self):
        folder = self.dir / "in"
        folder.mkdir()
        self.file = folder / "audit.log"
        with self.broker({"events": ["client_connected"]}) as broker:
            Link(broker.port, client_id="first").close()
            self.until(lambda: len(self.lines()) == 1, "the first is written")
            # The file that is open is gone from its folder, and a reload has whoever writes open it anew.
            self.reload(broker, "config.reload_done")
            shutil.rmtree(folder)
            Link(broker.port, client_id="lost").close()
            broker.wait_for_event("plugin.events_failed", plugin="audit-log")
            self.assertEqual(broker.metric("tenon_events_failed_total", plugin="audit-log"), 1)
            folder.mkdir()
            Link(broker.port, client_id="third").close()
            self.until(lambda: self.lines(), "the third is written")
        dropped, third = self.lines()
        self.assertEqual((dropped["event"], dropped["count"]), ("events_dropped", 1))
        self.assertEqual(third["client_id"], "third")


if __name__ == "__main__":
    unittest.main()
