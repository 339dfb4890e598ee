#!/usr/bin/python3
"""A backup that is made while the cluster works, everything lost, and a restore into clusters of other sizes."""
import asyncio
import base64
import json
import pathlib
import shutil
import struct
import tempfile
import unittest

from case import ClusterCase, looks
from api import Api
from broker import BUILD
from cluster import Cluster
from mqtt_client import Client, Will

SESSIONS = 12
BEFORE = 40  # messages for all that are acknowledged before the backup begins


def read_varint(data, at):
    """(value, where it ends)"""
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 0x80:
            return value, at


class BackupCase(ClusterCase):
    options = {"inbox_ranges": 3}

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.home = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.home)
        self.file = self.home / "cluster.tenonbak"

    async def ctl(self, node, *words, code=0):
        """What it wrote to its two outputs."""
        found, out, err = await self.run_ctl(node, *words)
        self.assertEqual(found, code, out + err)
        return out, err

    async def backup(self, node):
        await self.ctl(node, "backup", "create", "--to", self.file)
        return json.loads((await self.ctl(node, "backup", "verify", self.file, "--json"))[0])

    async def lose_everything(self):
        await self.hang_up()
        self.clients.clear()
        await self.cluster.close()

    async def found(self, count, inbox_ranges=1):
        """Another cluster, empty, in the place of the one that was lost."""
        self.cluster = await Cluster(count=count, inbox_ranges=inbox_ranges).__aenter__()
        self.addAsyncCleanup(self.cluster.close)
        await self.cluster.ready()
        return self.cluster.nodes

    async def restore(self, node, *options):
        return json.loads((await self.ctl(node, "backup", "restore", self.file, "--confirm", "--json", *options))[0])

    async def resume(self, client_id, node, **options):
        """Comes back, and has all that waits: its messages up to one that is published now."""
        last = asyncio.get_running_loop().create_future()

        def on_message(message):
            client.messages.append(message)
            if message.payload == b"last" and not last.done():
                last.set_result(None)
        client = Client(client_id, node.port, on_message=on_message, **options)
        self.clients.append(client)
        connack = await client.connect()
        self.assertEqual(connack.code, 0)
        self.assertTrue(connack.session_present, client_id)
        await self.publish("all/last", "last", 2)
        await asyncio.wait_for(last, 20)
        return client

    async def publish(self, *message, **options):
        """Also what nobody subscribes to."""
        self.assertIn(await self.publisher.deliver(*message, **options), (0, 0x10))

    async def fill(self):
        """Sessions of both kinds of QoS at all nodes with messages that wait, what is retained, and a rule."""
        nodes = self.cluster.nodes
        for number in range(SESSIONS):
            client = await self.subscriber(f"s{number}", nodes[number % 3], "all/#", qos=1 + number % 2)
            await client.subscribe(f"own/{number}/+", 2)
            await client.disconnect()
        self.publisher = await self.connect("publisher", nodes[0], clean=True, expiry_s=0)
        for number in range(BEFORE):
            await self.publish("all/n", str(number), 1 + number % 2)
        for number in range(SESSIONS):
            await self.publish(f"own/{number}/x", f"only {number}", 2)
            await self.publish(f"kept/{number}", f"kept {number}", 1, retain=True)
        await self.ctl(nodes[1], "balance", "set", "inbox/replica-cnt", "--disable")

    async def check_restored(self, nodes):
        """Each session has its messages in order, a prefix of all that were published for it, and each once."""
        self.publisher = await self.connect("tester", nodes[0])
        for number in range(SESSIONS):
            client = await self.resume(f"s{number}", nodes[number % len(nodes)])
            payloads = self.payloads(client)
            own = [p for p in payloads if p.startswith("only")]
            self.assertEqual(own, [f"only {number}"])
            numbered = [int(p) for p in payloads if p.isdigit()]
            self.assertGreaterEqual(len(numbered), BEFORE)
            self.assertEqual(numbered, list(range(len(numbered))), f"s{number}")
            await client.disconnect()
        reader = await self.subscriber("reader", nodes[-1], "kept/#", qos=1, clean=True, expiry_s=0)
        await self.publish("kept/mark", "mark")
        await self.until_so(lambda: "mark" in self.payloads(reader), "what is retained has come")
        retained = sorted((m.topic, m.payload.decode()) for m in reader.messages if m.retain)
        self.assertEqual([(t, p) for t, p in retained if t != "kept/mark"],
                         sorted((f"kept/{n}", f"kept {n}") for n in range(SESSIONS)))
        await self.until_so(lambda: self.rule_version(nodes[-1]), "the rule is followed")

    async def until_so(self, holds, what):
        """Until holds(), which may be awaited; a failure if that never comes."""
        for _ in looks():
            found = holds()
            if await found if asyncio.iscoroutine(found) else found:
                return
            await asyncio.sleep(0.01)
        self.fail(f"not in time: {what}\n{self.cluster.logs()}")

    async def rule_version(self, node):
        answer = await asyncio.to_thread(Api(node.api_socket).ask, "GET", "/api/v1/balance/rules", None, {})
        return answer.status == 200 and next(one["version"] for one in answer.json["balancers"]
                                             if (one["store"], one["balancer"]) == ("inbox", "replica-cnt"))

    async def listed(self, node):
        api = Api(node.api_socket)
        return await asyncio.to_thread(lambda: api.pages("/api/v1/sessions", "sessions"))


class Everything(BackupCase):
    async def publish_until(self, stop):
        """Goes on from BEFORE, one after the other."""
        number = BEFORE
        while not stop.is_set():
            await self.publish("all/n", str(number), 1 + number % 2)
            number += 1
        return number

    async def backup_under_load(self):
        await self.fill()
        stop = asyncio.Event()
        load = asyncio.ensure_future(self.publish_until(stop))
        summary = await self.backup(self.cluster.nodes[2])
        stop.set()
        self.assertGreater(await load, BEFORE)
        stores = [one["store"] for one in summary["ranges"]]
        self.assertEqual((stores.count("inbox"), stores.count("retain"), stores.count("meta")), (3, 1, 1))
        await self.lose_everything()

    async def test_it_comes_back_in_one_node(self):
        await self.backup_under_load()
        nodes = await self.found(1, inbox_ranges=2)
        done = await self.restore(nodes[0])
        self.assertGreaterEqual(done["sessions"], SESSIONS)
        self.assertEqual(done["routes"], 2 * SESSIONS)
        await self.check_restored(nodes)

    async def test_it_comes_back_in_three_nodes_with_other_ranges(self):
        await self.backup_under_load()
        nodes = await self.found(3, inbox_ranges=5)
        await self.restore(nodes[1])
        await self.check_restored(nodes)

    async def test_queues_that_are_larger_than_a_chunk_come_back_whole(self):
        client = await self.subscriber("large", self.cluster.nodes[0], "all/#", qos=2)
        await client.disconnect()
        self.publisher = await self.connect("publisher", self.cluster.nodes[1])
        payloads = [f"{n:04}" + "x" * 20_000 for n in range(60)]
        await self.deliver_all(self.publisher, "all/n", payloads, qos=2)
        await self.backup(self.cluster.nodes[0])
        await self.lose_everything()
        nodes = await self.found(1)
        await self.restore(nodes[0])
        client = await self.connect("large", nodes[0])
        self.assertTrue(client.connack.session_present)
        # Some may have been on their way from the publisher's outbox, which comes back as well.
        await self.until_so(lambda: len(client.messages) >= len(payloads), "all have come")
        self.assertEqual(self.payloads(client), payloads)

    async def test_wills_of_clients_that_were_there_are_published(self):
        watcher = await self.subscriber("watcher", self.cluster.nodes[0], "all/#")
        await watcher.disconnect()
        await self.connect("mourned", self.cluster.nodes[1], will=Will("all/will", "gone", 1))
        await self.backup(self.cluster.nodes[0])
        await self.lose_everything()
        nodes = await self.found(1)
        await self.restore(nodes[0])
        self.publisher = await self.connect("tester", nodes[0])
        watcher = await self.connect("watcher", nodes[0])
        await self.until_so(lambda: watcher.messages, "the will has come")
        self.assertEqual(self.payloads(watcher), ["gone"])


class LostLeader(BackupCase):
    options = {"inbox_ranges": 1}

    async def test_a_range_whose_leader_dies_meanwhile_is_read_anew_from_the_next(self):
        client = await self.subscriber("large", self.cluster.nodes[0], "all/#")
        await client.disconnect()
        self.publisher = await self.connect("publisher", self.cluster.nodes[0], clean=True, expiry_s=0)
        payloads = [f"{n:04}" + "x" * 20_000 for n in range(150)]
        await self.deliver_all(self.publisher, "all/n", payloads)
        answer = await asyncio.to_thread(Api(self.cluster.nodes[0].api_socket).ask, "GET", "/api/v1/sessions/large", None, {})
        self.assertEqual(answer.json["stored"]["queue_count"], len(payloads))
        leader = await self.cluster.leader("inbox")
        asked = next(node for node in self.cluster.nodes if node is not leader)
        process = await asyncio.create_subprocess_exec(
            str(BUILD / "core/bin/ctl/tenonctl"), "backup", "create", "--to", str(self.file), "--rate", "1", "--endpoint",
            f"unix:{asked.api_socket}", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        part = self.file.with_name(self.file.name + ".part")
        await self.until_so(lambda: part.exists() and part.stat().st_size > 1 << 20, "the large range is being read")
        await self.cluster.kill(leader)
        _, err = await process.communicate()
        self.assertEqual(process.returncode, 0, err.decode())
        self.assertIn("begun anew", err.decode())
        await self.lose_everything()
        nodes = await self.found(1)
        await self.restore(nodes[0])
        client = await self.connect("large", nodes[0])
        await self.until_so(lambda: len(client.messages) >= len(payloads), "all have come")
        self.assertEqual(self.payloads(client), payloads)


class Refusals(BackupCase):
    async def small_backup(self):
        client = await self.subscriber("s", self.cluster.nodes[0], "all/#")
        await client.disconnect()
        self.publisher = await self.connect("publisher", self.cluster.nodes[1])
        await self.publish("all/n", "waits")
        await self.publish("kept", "old", 1, retain=True)
        return await self.backup(self.cluster.nodes[0])

    async def test_a_cluster_that_is_not_empty_is_left_as_it_is_unless_told_otherwise(self):
        await self.small_backup()
        node = self.cluster.nodes[0]
        await self.publish("kept", "new", 1, retain=True)
        out, err = await self.ctl(node, "backup", "restore", self.file, "--confirm", code=1)
        self.assertIn("not empty", err)
        await self.ctl(node, "session", "delete", "publisher")
        done = await self.restore(node, "--into-nonempty")
        self.assertEqual(done["sessions"], 1, "the publisher's, which was gone; the other was there")
        shown = json.loads((await self.ctl(node, "retain", "show", "kept", "--json"))[0])
        self.assertEqual(shown["payload"], "new")
        client = await self.connect("s", node)
        self.assertTrue(client.connack.session_present)
        await self.until_so(lambda: client.messages, "what waited has come")
        self.assertEqual(self.payloads(client), ["waits"])

    async def test_a_file_that_is_cut_or_damaged_changes_nothing(self):
        await self.small_backup()
        await self.lose_everything()
        node, = await self.found(1)
        whole = self.file.read_bytes()
        for damaged in (whole[:len(whole) // 2], whole[:-3], whole[:100] + bytes([whole[100] ^ 4]) + whole[101:]):
            self.file.write_bytes(damaged)
            _, err = await self.ctl(node, "backup", "restore", self.file, "--confirm", code=1)
            self.assertIn("at byte", err)
            self.assertIn("nothing was written", err)
        self.assertEqual(await self.listed(node), [])
        self.file.write_bytes(whole)
        await self.restore(node)
        self.assertEqual({s["client_id"] for s in await self.listed(node)}, {"s", "publisher"})

    async def test_a_restore_that_broke_off_serves_nobody_and_is_repeated(self):
        summary = await self.small_backup()
        await self.lose_everything()
        node, = await self.found(1)
        api = Api(node.api_socket)
        await asyncio.to_thread(api.ask, "POST", "/api/v1/restore", {"restore": summary["id"]}, {})
        for chunk in self.inbox_rows():
            answer = await asyncio.to_thread(
                api.ask, "POST", f"/api/v1/restore/{summary['id']}/rows",
                {"store": "inbox", "chunk_base64": base64.b64encode(chunk).decode()}, {})
            self.assertEqual(answer.status, 200, answer)
        early = Client("s", node.port)
        self.assertEqual((await early.connect()).code, 0x88)
        done = await self.restore(node)
        self.assertTrue(done["repeated"])
        self.assertEqual((done["sessions"], done["routes"]), (2, 1))
        self.publisher = await self.connect("tester", node)
        client = await self.resume("s", node)
        self.assertEqual(self.payloads(client), ["waits", "last"])

    def inbox_rows(self):
        """The chunks with rows of the store inbox."""
        data, at, store = self.file.read_bytes(), 8, None
        while at < len(data):
            size, _, kind = struct.unpack_from("<IIB", data, at)
            body = data[at + 9:at + 9 + size]
            at += 9 + size
            if kind == 2:
                store = body[0]
            elif kind == 3 and store == 3 and body[5] == 2:
                place = 6
                for _ in range(5):  # range and incarnation, index and term, number
                    _, place = read_varint(body, place)
                if body[place] == 1:  # of the state
                    yield body


if __name__ == "__main__":
    unittest.main()
