#!/usr/bin/python3
"""events/webhook: what a service is posted, and what becomes of events while it fails, hangs or is away."""
import pathlib
import shutil
import signal
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from broker import Broker, StartFailed  # noqa: E402
from certificates import Authority  # noqa: E402
from http_service import HttpService  # noqa: E402
from link import Link  # noqa: E402

PLUGIN = "webhook"


class WebhookCase(unittest.TestCase):
    certificate = None

    def answer(self, request):
        return 204

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tenon-events-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.service = HttpService(lambda request: self.answer(request), self.certificate)
        self.addCleanup(lambda: self.service.close())

    def broker(self, url=None, entry=None, config=None, **options):
        options = {"url": url or self.service.url(path="/events"), "linger_ms": 0, **options}
        return Broker(config={"plugins": {"webhook": {}}, "events": {"webhook": {**(entry or {}), "options": options}}, **(config or {})})

    def until(self, holds, what):
        deadline = time.monotonic() + 30
        while not holds():
            self.assertLess(time.monotonic(), deadline, f"not in time: {what}")
            time.sleep(0.01)

    def posted(self, event=None):
        """Events of the batches that came, those that came again included."""
        events = [one for batch in self.service.asked for one in batch["events"]]
        return [one for one in events if event in (None, one["event"])]

    def topics(self):
        return [one["topic"] for one in self.posted("message_published")]

    def count(self, broker, name, **labels):
        return broker.metric(name, plugin=PLUGIN, **labels)


class Posted(WebhookCase):
    def test_events_are_posted_as_json(self):
        (self.dir / "token").write_text("sesame\n")
        with self.broker(messages=["a/#"], payload_bytes_max=4, token_file=str(self.dir / "token")) as broker:
            link = Link(broker.port, client_id="dev-1")
            for topic, payload in (("a/text", b"hot"), ("a/bytes", b"\xff\x00"), ("a/long", b"12345"), ("b", b"not asked for")):
                link.publish(topic, payload)
            link.close()
            self.until(lambda: self.posted("client_disconnected"), "the client is gone")
        self.assertEqual([one["event"] for one in self.posted()[:4]], ["client_connected"] + 3 * ["message_published"])
        text, odd, long = self.posted("message_published")
        self.assertEqual((text["client_id"], text["topic"], text["payload"]), ("dev-1", "a/text", "hot"))
        self.assertEqual((odd["payload_base64"], "payload" in odd), ("/wA=", False))
        self.assertEqual((long["payload"], long["payload_truncated"]), ("1234", True))
        self.assertEqual({batch["dropped"] for batch in self.service.asked}, {0})
        head = self.service.heads[0]
        self.assertEqual((head["path"], head["Content-Type"], head["Authorization"]), ("/events", "application/json", "Bearer sesame"))
        numbers = [batch["batch"] for batch in self.service.asked]
        self.assertEqual(len(set(numbers)), len(numbers))
        self.assertEqual(self.service.connections, 1)

    def test_many_events_are_few_posts(self):
        with self.broker(linger_ms=60000, batch_count_max=50, events=["message_refused"], messages=["#"]) as broker:
            link = Link(broker.port)
            for number in range(100):
                link.publish(f"a/{number}")
            self.until(lambda: len(self.topics()) == 100, "all are there")
            link.close()
        self.assertEqual(self.topics(), [f"a/{number}" for number in range(100)])
        self.assertLessEqual(max(len(batch["events"]) for batch in self.service.asked), 50)
        self.assertLess(len(self.service.asked), 10)

    def test_what_waits_is_posted_before_the_end(self):
        with self.broker(linger_ms=60000, events=["client_connected"]) as broker:
            links = [Link(broker.port, client_id=f"c{number}") for number in range(20)]
            self.assertEqual(self.posted(), [])
            self.assertEqual(broker.stop(), 0)
            for link in links:
                link.close()
        self.assertEqual(len(self.posted("client_connected")), 20)


class Trouble(WebhookCase):
    """Clients notice nothing of it."""

    def publish(self, broker, topics):
        link = Link(broker.port)
        for topic in topics:
            self.assertEqual(link.publish(topic), 0x10)
        link.close()

    def test_a_batch_that_fails_comes_again_before_any_other(self):
        failures = [500, 503, 429]
        self.answer = lambda request: failures.pop() if failures else 200
        with self.broker(events=["client_banned"], messages=["#"], batch_count_max=1) as broker:
            self.publish(broker, ["a/1", "a/2"])
            self.until(lambda: "a/2" in self.topics(), "both are there")
            self.assertEqual(self.topics(), ["a/1"] * 4 + ["a/2"])
            numbers = [batch["batch"] for batch in self.service.asked]
            self.assertEqual((len(set(numbers[:4])), numbers[3] == numbers[4]), (1, False))
            broker.wait_for_event("webhook.service_failed")
            broker.wait_for_event("webhook.service_back")
            self.until(lambda: self.count(broker, "tenon_plugin_posts_total", result="taken") == 2, "both are counted")
            self.assertEqual(self.count(broker, "tenon_plugin_posts_total", result="again"), 3)
            self.assertEqual(self.count(broker, "tenon_events_delivered_total"), 2)

    def test_a_batch_that_is_refused_is_lost_and_the_next_has_its_turn(self):
        self.answer = lambda request: 400 if request["events"][0]["topic"] == "a/1" else 200
        with self.broker(events=["client_banned"], messages=["#"], batch_count_max=1) as broker:
            self.publish(broker, ["a/1", "a/2"])
            self.until(lambda: self.count(broker, "tenon_events_delivered_total") == 1, "the second is taken")
            self.assertEqual(self.topics(), ["a/1", "a/2"])
            self.assertEqual([batch["dropped"] for batch in self.service.asked], [0, 1])
            self.assertEqual(self.count(broker, "tenon_events_failed_total"), 1)
            self.assertEqual(self.count(broker, "tenon_plugin_posts_total", result="refused"), 1)
            self.assertIn("400", broker.wait_for_event("plugin.events_failed")["message"])

    def test_a_batch_is_taken_though_the_answer_has_a_body_of_any_size(self):
        self.answer = lambda request: b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 300000
        with self.broker(events=["client_banned"], messages=["#"], batch_count_max=1) as broker:
            self.publish(broker, ["a/1", "a/2"])
            self.until(lambda: self.count(broker, "tenon_events_delivered_total") == 2, "both are taken")
        self.assertEqual(self.topics(), ["a/1", "a/2"])

    def test_a_batch_that_is_never_taken_is_given_up(self):
        self.answer = lambda request: 500 if request["events"][0]["topic"] == "a/1" else 200
        with self.broker(events=["client_banned"], messages=["#"], batch_count_max=1, give_up_s=1) as broker:
            self.publish(broker, ["a/1", "a/2"])
            self.until(lambda: "a/2" in self.topics(), "the second has its turn")
            self.until(lambda: self.count(broker, "tenon_events_delivered_total") == 1, "the second is taken")
            self.assertEqual(self.count(broker, "tenon_events_failed_total"), 1)
            self.assertEqual(self.count(broker, "tenon_plugin_posts_total", result="given_up"), 1)

    def test_an_answer_that_does_not_come_in_time_is_none(self):
        with self.broker(events=["client_banned"], messages=["#"], timeout_ms=200) as broker:
            self.service.gate.clear()
            self.publish(broker, ["a/1"])
            self.until(lambda: len(self.topics()) >= 2, "it comes again")
            self.assertEqual(self.count(broker, "tenon_events_delivered_total"), 0)
            self.service.gate.set()
            self.until(lambda: self.count(broker, "tenon_events_delivered_total") == 1, "it is taken")
        self.assertEqual(set(self.topics()), {"a/1"})

    def test_a_service_that_was_away_gets_what_waited(self):
        port = self.service.port
        self.service.close()
        with self.broker(url=f"http://127.0.0.1:{port}/events", events=["client_banned"], messages=["#"]) as broker:
            self.publish(broker, [f"a/{number}" for number in range(10)])
            broker.wait_for_event("webhook.service_failed")
            self.service = HttpService(lambda request: 200, port=port)
            self.until(lambda: self.count(broker, "tenon_events_delivered_total") == 10, "all are taken")
            broker.wait_for_event("webhook.service_back")
        self.assertEqual(self.topics(), [f"a/{number}" for number in range(10)])

    def test_what_comes_while_the_queue_is_full_is_left_out_and_counted_and_clients_do_not_wait(self):
        count = 2000
        with self.broker(entry={"queue_bytes_max": 65536}, events=["client_banned"], messages=["#"], timeout_ms=60000) as broker:
            self.service.gate.clear()
            self.publish(broker, [f"a/{number}" for number in range(count)])  # all are acknowledged
            broker.wait_for_event("plugin.events_dropped", plugin=PLUGIN)
            dropped = self.count(broker, "tenon_events_dropped_total")
            self.assertGreater(dropped, 0)
            self.assertLessEqual(self.count(broker, "tenon_events_queue_bytes"), 65536)
            self.service.gate.set()
            self.until(lambda: self.count(broker, "tenon_events_delivered_total") == count - dropped, "the rest is taken")
            self.publish(broker, ["last"])
            self.until(lambda: self.topics()[-1] == "last", "there is room again")
            told = [one for one in broker.events() if one["event"] == "plugin.events_dropped"]
            self.assertEqual(len(told), 1, "one line, however many are left out")
        self.assertEqual(sum(batch["dropped"] for batch in self.service.asked), dropped)
        self.assertEqual(self.topics(), [f"a/{number}" for number in range(int(count - dropped))] + ["last"], "the newest go")

    def test_a_node_stops_though_the_service_hangs(self):
        self.service.gate.clear()
        with self.broker(events=["client_connected"], timeout_ms=300, config={"shutdown": {"timeout_s": 1}}) as broker:
            link = Link(broker.port)
            self.until(lambda: self.posted(), "a post is under way")
            self.assertEqual(broker.stop(), 0)
            broker.wait_for_event("plugin.events_failed", plugin=PLUGIN)
            link.close()


class Reload(WebhookCase):
    def test_another_service_is_posted_to_from_then_on_and_a_bad_one_changes_nothing(self):
        other = HttpService(lambda request: 200)
        self.addCleanup(other.close)
        with self.broker(events=["client_connected"]) as broker:
            Link(broker.port, client_id="first").close()
            self.until(lambda: self.posted(), "the first is posted")
            for name, options, event in (("good", {"url": other.url()}, "config.reload_done"),
                                         ("bad", {"ca_file": str(self.dir / "none"), "url": "https://127.0.0.1/"}, "config.reload_refused")):
                broker.write_config("91-change.json", {"events": {"webhook": {"options": options}}})
                before = len(broker.events())
                broker.signal(signal.SIGHUP)
                broker.wait_for_event(event, after=before)
                Link(broker.port, client_id=name).close()
                self.until(lambda: name in [one["client_id"] for batch in other.asked for one in batch["events"]], name)
        self.assertEqual([one["client_id"] for one in self.posted()], ["first"])

    def test_a_reload_does_not_wait_for_a_service_that_hangs(self):
        other = HttpService(lambda request: 200)
        self.addCleanup(other.close)
        with self.broker(events=["client_connected"], timeout_ms=60000) as broker:
            self.service.gate.clear()
            link = Link(broker.port, client_id="first")
            self.until(lambda: self.posted(), "a post is under way")
            broker.write_config("91-change.json", {"events": {"webhook": {"options": {"url": other.url()}}}})
            broker.signal(signal.SIGHUP)
            broker.wait_for_event("config.reload_done")
            self.assertEqual(other.asked, [])
            self.service.gate.set()
            Link(broker.port, client_id="second").close()
            self.until(lambda: other.asked, "the other one is posted to")
            link.close()

    def test_what_can_not_work_stops_the_start(self):
        for options, word in (({"url": "ftp://x/"}, "url"), ({"events": ["nonsense"]}, "nonsense"),
                              ({"token_file": str(self.dir / "none")}, "none"), ({"messages": ["a/#/b"]}, "a/#/b")):
            with self.subTest(word):
                with self.assertRaises(StartFailed) as failed:
                    self.broker(**options)
                self.assertIn(word, str(failed.exception))


class Tls(WebhookCase):
    def setUp(self):
        self.authority_dir = pathlib.Path(tempfile.mkdtemp(prefix="tenon-ca-"))
        self.addCleanup(shutil.rmtree, self.authority_dir, ignore_errors=True)
        authority = Authority(self.authority_dir / "ca")
        self.certificate = authority.sign("server", "/CN=localhost", "DNS:localhost")
        self.ca = authority.certificate
        super().setUp()

    def test_events_go_to_a_service_that_proves_its_name_and_to_no_other(self):
        with self.broker(url=self.service.url(host="localhost", path="/e"), ca_file=str(self.ca), events=["client_connected"]) as broker:
            Link(broker.port, client_id="dev-1").close()
            self.until(lambda: self.posted(), "it is posted")
        self.service.asked.clear()
        with self.broker(url=self.service.url(host="localhost", path="/e"), events=["client_connected"]) as broker:
            Link(broker.port, client_id="dev-1").close()
            failed = broker.wait_for_event("webhook.service_failed")
            self.assertIn("certificate", failed["fields"]["reason"])
        self.assertEqual(self.posted(), [])


if __name__ == "__main__":
    unittest.main()
