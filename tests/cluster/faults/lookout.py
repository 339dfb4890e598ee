"""Looks again and again at what each node says of the ranges, while faults go on."""
import asyncio
import concurrent.futures
import http.client
import json
import urllib.parse

from api import Api
from judge.history import Replica

EVERY_S = 1.0


def _key(text):
    """One character for each byte, so that keys stand in their order."""
    return urllib.parse.unquote(text, "latin-1")


def replicas_of(node, at, ranges, nodes):
    """What one of the nodes told of all ranges, as the judges want it."""
    names = {one.node_id: one.name for one in nodes}
    for one in ranges:
        own = one.get("replica", {})
        yield Replica(at, node.name, node.process.pid, one["store"], one["id"], one.get("incarnation", 0), _key(one["begin"]), _key(one["end"]),
                      tuple(map(int, one["epoch"].split("."))), tuple(sorted(names[voter] for voter in one["voters"])), own.get("role", ""), own.get("term", 0),
                      own.get("applied", 0), own.get("committed", 0), own.get("digest"))


class Lookout:
    """Use as an asynchronous context manager. Nodes that stand still, or are gone, are passed over."""

    def __init__(self, cluster, load):
        self.cluster, self.load = cluster, load
        self._tasks = []
        # A node that stops in the midst of an answer holds nobody else up.
        self._threads = concurrent.futures.ThreadPoolExecutor(len(cluster.nodes))

    async def __aenter__(self):
        self._tasks = [asyncio.ensure_future(self._look_at(node)) for node in self.cluster.nodes]
        return self

    async def __aexit__(self, *_):
        for task in self._tasks:
            task.cancel()
        for ended in await asyncio.gather(*self._tasks, return_exceptions=True):
            if not isinstance(ended, asyncio.CancelledError):
                raise ended
        self._threads.shutdown(wait=False)

    async def _look_at(self, node):
        while True:
            await asyncio.sleep(EVERY_S)
            if not node.serves or node.frozen:
                continue
            process = node.process.pid
            try:
                ranges = await asyncio.get_running_loop().run_in_executor(self._threads, self._ask, node)
            except (OSError, ValueError, http.client.HTTPException):
                continue
            if node.process.pid == process:
                self.load.history.replicas += replicas_of(node, self.load.now(), ranges, self.cluster.nodes)

    @staticmethod
    def _ask(node):
        answer = Api(node.api_socket).raw("GET", "/api/v1/ranges")
        assert answer.status in (200, 503), answer
        return json.loads(answer.body)["ranges"] if answer.status == 200 else []
