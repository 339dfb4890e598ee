#!/usr/bin/python3
"""What an operator sees of the packets of chosen clients, and what nobody sees."""
import asyncio
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from api import Api  # noqa: E402
from auth_exchange_test import passwd  # noqa: E402
from broker_case import BrokerCase  # noqa: E402
from tenonctl import tenonctl  # noqa: E402

PASSWORD, PAYLOAD = "pass-that-nobody-sees", "payload-that-nobody-sees"


class Traces(BrokerCase):
    def setUp(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="tenon-trace-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        passwd(folder / "passwd", "ann", PASSWORD, "--iterations", "4096")
        self.config = {"plugins": {"file": {"options": {"password_file": str(folder / "passwd")}}},
                       "auth": {"anonymous": "always", "chain": {"file": {"enable": True, "order": 1}}}}
        super().setUp()
        self.api = Api(self.broker.api_socket)

    async def start(self, **order):
        answer = await asyncio.to_thread(self.api.post, "/api/v1/traces", order)
        self.assertEqual(answer.status, 200, answer)
        return answer.json["id"]

    async def lines(self, trace, limit=1000):
        """All that there is by now, page by page."""
        found, query = [], {}
        while True:
            page = (await asyncio.to_thread(lambda: self.api.get(f"/api/v1/traces/{trace}", limit=limit, **query))).json
            if not page["lines"]:
                return found
            found += page["lines"]
            if "cursor" not in page:
                return found
            query = {"cursor": page["cursor"]}

    async def stopped(self, trace):
        return (await asyncio.to_thread(self.api.post, f"/api/v1/traces/{trace}/stop")).json

    async def test_a_client_is_seen_from_connect_to_its_end(self):
        trace = await self.start(client="meter-*")
        await self.connected("other")
        client = await self.connected("meter-7", user="ann", password=PASSWORD)
        await client.subscribe("plant/#", 1)
        await client.deliver("plant/7/temp", PAYLOAD, 1)
        await client.received(1)
        await client.disconnect()
        await self.stopped(trace)
        lines = await self.lines(trace)
        self.assertEqual({line["client_id"] for line in lines}, {"meter-7"})
        self.assertTrue(all(line["address"].startswith("127.0.0.1:") for line in lines))
        said = [(line["way"], line["text"]) for line in lines]
        kinds = [(way, text.split(" ")[0]) for way, text in said]
        for expected in [("received", "CONNECT"), ("sent", "CONNACK"), ("received", "SUBSCRIBE"), ("sent", "SUBACK"),
                         ("received", "PUBLISH"), ("sent", "PUBACK"), ("sent", "PUBLISH"), ("received", "PUBACK"),
                         ("received", "DISCONNECT"), ("event", "closed:")]:
            self.assertIn(expected, kinds)
        self.assertIn(f'PUBLISH "plant/7/temp" qos 1 id 2, {len(PAYLOAD)} bytes',
                      [text for way, text in said if way == "received"])
        self.assertEqual(kinds[0], ("received", "CONNECT"))
        self.assertIn('user "ann" with a password', said[0][1])
        everything = str(lines) + self.broker.log
        self.assertNotIn(PASSWORD, everything)
        self.assertNotIn(PAYLOAD, everything)

    async def test_a_topic_filter_sees_who_publishes_and_subscribes_to_it(self):
        trace = await self.start(topic="a/+")
        reader, writer = await self.connected("reader"), await self.connected("writer")
        await reader.subscribe("a/1", 0)
        await reader.subscribe("b/#", 0)
        await writer.deliver("a/1", "x", 1)
        await writer.deliver("b/1", "x", 1)
        await reader.received(2)
        texts = [(line["client_id"], line["way"], line["text"].split(",")[0]) for line in await self.lines(trace)]
        self.assertEqual(sorted(texts), [("reader", "received", 'SUBSCRIBE id 1: "a/1" qos 0'),
                                         ("reader", "sent", 'PUBLISH "a/1" qos 0'),
                                         ("writer", "received", 'PUBLISH "a/1" qos 1 id 1')])

    async def test_a_trace_by_address_ends_with_its_lines(self):
        trace = await self.start(address="127.0.0.0/8", lines_max=5)
        elsewhere = await self.start(address="192.0.2.0/24")
        client = await self.connected("c")
        for _ in range(10):
            await client.ping()
        lines = await self.lines(trace, limit=2)
        self.assertEqual(len(lines), 5)
        self.assertEqual([line["text"] for line in lines[2:4]], ["PINGREQ", "PINGRESP"])
        states = {t["id"]: (t["state"], t["line_count"]) for t in self.api.get("/api/v1/traces").json["traces"]}
        self.assertEqual(states, {trace: ("lines", 5), elsewhere: ("running", 0)})

    async def test_a_trace_ends_with_its_time(self):
        trace = await self.start(client="c", duration_s=1)
        for _ in range(600):
            page = (await asyncio.to_thread(self.api.get, f"/api/v1/traces/{trace}")).json
            if "cursor" not in page:
                break
            await asyncio.sleep(0.05)
        self.assertEqual(page["trace"]["state"], "time")

    async def test_there_are_no_more_than_may_be(self):
        ids = [await self.start(client="c") for _ in range(8)]
        self.assertEqual((await asyncio.to_thread(self.api.post, "/api/v1/traces", {"client": "c"})).status, 503)
        await self.stopped(ids[0])
        await self.start(client="c")

    async def test_lines_for_people(self):
        def ctl(*words):
            return asyncio.to_thread(tenonctl, self.broker, *words)
        trace = (await ctl("trace", "start", "--client", "meter-7", "--duration", "60")).split()[1]
        client = await self.connected("meter-7")
        await client.ping()
        self.assertIn("meter-7", await ctl("trace", "list"))
        self.assertRegex(await ctl("trace", "stop", trace), r"^4 lines; ended by operator")
        shown = await ctl("trace", "show", trace, "--all")
        self.assertRegex(shown, r"(?m)^[0-9:.]{12} [0-9a-f]{16} meter-7 127\.0\.0\.1:\d+ < CONNECT 5\.0 client")
        self.assertRegex(shown, r"(?m) > PINGRESP$")


if __name__ == "__main__":
    unittest.main()
