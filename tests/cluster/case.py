"""What the tests of clusters have in common."""
import asyncio
import json
import pathlib
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE)]
from broker import BUILD  # noqa: E402
from cluster import Cluster  # noqa: E402
from mqtt_client import Client  # noqa: E402

# What a node without a majority says to clients of 5.0, as (reason code, reason string): to a publisher, and to whoever wants a session.
NOT_KEPT = (0x80, "not kept: the nodes that it takes have not answered in time")
NO_SESSION = (0x88, "the session is not available: the nodes that keep it have not answered in time")

LOOKS_S = 90  # behind a failed command a balancer lets a range rest, twice as long each time


def looks():
    """For loops that ask again and again, until time is up."""
    end = time.monotonic() + LOOKS_S
    while time.monotonic() < end:
        yield


def services(mqtt=False, stores=()):
    """The configuration of a node with these and no others."""
    return {"services": {"mqtt": {"enable": mqtt}, "dist": {"worker": {"enable": "dist" in stores}},
                         **{name: {"store": {"enable": name in stores}} for name in ("inbox", "retain", "meta")}}}


def named_address(node_name):
    """Where a node says that its clients find it."""
    return f"{node_name}.example.org:1883"


async def readiness(node):
    """(status, conditions by their names) of its health."""
    status, body = await asyncio.to_thread(node.get, "/readyz")
    return status, {one["name"]: one["state"] for one in json.loads(body)["conditions"]}


class ClusterCase(unittest.IsolatedAsyncioTestCase):
    """One cluster of three nodes a test, ready."""

    config = {}
    options = {}

    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)
        self.clients = []
        self.cluster = await Cluster(**{"count": 3, "config": self.config, **self.options}).__aenter__()
        self.addAsyncCleanup(self.cluster.close)
        self.addAsyncCleanup(self.hang_up)
        if self.options.get("start", True):
            await self.cluster.ready()

    async def hang_up(self):
        for client in self.clients:
            await client.release()
            client.abort()

    async def connect(self, client_id, node, **options):
        """A client that is let in at this node; its session outlives it unless clean."""
        client = Client(client_id, lambda: node.port, **options)
        self.clients.append(client)
        connack = await client.connect()
        self.assertEqual(connack.code, 0)
        return client

    async def move(self, client, node):
        """The client comes back at another node, and finds its session."""
        client.port = node.port
        self.assertTrue((await client.connect()).session_present)

    async def subscriber(self, client_id, node, topic="t/#", qos=1, **options):
        client = await self.connect(client_id, node, **options)
        self.assertEqual(await client.subscribe(topic, qos), qos)
        return client

    async def deliver_all(self, publisher, topic, payloads, qos=1):
        codes = await asyncio.gather(*(publisher.deliver(topic, payload, qos) for payload in payloads))
        self.assertEqual(set(codes), {0})

    async def run_ctl(self, node, *words):
        """Exit code and both outputs of a tenonctl that asks this node."""
        process = await asyncio.create_subprocess_exec(
            str(BUILD / "core/bin/ctl/tenonctl"), *map(str, words), "--endpoint", f"unix:{node.api_socket}",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        out, err = await process.communicate()
        return process.returncode, out.decode(), err.decode()

    async def ctl(self, node, *words, fails=False):
        """What it writes, complaints included; that it fails or not is asserted."""
        code, out, err = await self.run_ctl(node, *words)
        self.assertEqual(code != 0, fails, out + err)
        return out + err

    def payloads(self, client):
        return [message.payload.decode() for message in client.messages]


class NetClusterCase(unittest.IsolatedAsyncioTestCase):
    """A cluster of three nodes, unless `options` say otherwise, with addresses of their own, ready. Only where network.private misses nothing."""

    config = {}
    options = {}

    async def asyncSetUp(self):
        from network.net_cluster import NetCluster
        asyncio.get_running_loop().set_debug(False)
        self.cluster = await NetCluster(**{"count": 3, "config": self.config, **self.options}).__aenter__()
        self.addAsyncCleanup(self.cluster.close)
        await self.cluster.ready()
        self.clients = []
        self.addCleanup(lambda: [client.abort() for client in self.clients])

    async def connect(self, client_id, node, **options):
        client = Client(client_id, node.port, address=node.address, **options)
        self.clients.append(client)
        self.assertEqual((await client.connect()).code, 0)
        return client
