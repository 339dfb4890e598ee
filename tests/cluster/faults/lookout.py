"""Looks again and again at what each node says of the ranges, while faults go on."""
import asyncio
import concurrent.futures
import http.client
import json
import urllib.parse

from api import Api
from judge.history import Replica

EVERY_S = 1.0
THREADS_MAX = 8  # as many as a cluster has nodes


def _key(text):
    """One character for each byte, so that keys stand in their order."""
    return urllib.parse.unquote(text, "latin-1")


def replicas_of(node, at, ranges, names):
    """What one of the nodes told of all ranges, as the judges want it. `names` of nodes by their ids; others keep their ids."""
    for one in ranges:
        own = one.get("replica", {})
        yield Replica(at, node.name, node.process.pid, one["store"], one["id"], one.get("incarnation", 0), _key(one["begin"]), _key(one["end"]),
                      tuple(map(int, one["epoch"].split("."))), tuple(sorted(names.get(voter, voter) for voter in one["voters"])), own.get("role", ""), own.get("term", 0),
                      own.get("applied", 0), own.get("committed", 0), own.get("digest"))


class Lookout:
    """Use as an asynchronous context manager. Looks also at nodes that come later; those that stand still, or are gone, are passed over."""

    def __init__(self, cluster, load):
        self.cluster, self.load = cluster, load
        self._tasks = {}  # by node
        self._watch = None
        # A node that stops in the midst of an answer holds nobody else up.
        self._threads = concurrent.futures.ThreadPoolExecutor(THREADS_MAX)

    async def __aenter__(self):
        self._watch = asyncio.ensure_future(self._look_at_all())
        return self

    async def __aexit__(self, *_):
        tasks = [self._watch, *self._tasks.values()]
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if not isinstance(ended, asyncio.CancelledError):
                raise ended
        self._threads.shutdown(wait=False)
        self._name_voters()

    def _name_voters(self):
        """Of a node that is new, others tell before it has said who it is."""
        names = {node.node_id: node.name for node in self._tasks if node.has_been_ready}
        replicas = self.load.history.replicas
        replicas[:] = [one._replace(voters=tuple(sorted(names.get(voter, voter) for voter in one.voters))) for one in replicas]

    async def _look_at_all(self):
        while True:
            for node in self.cluster.nodes:
                if node not in self._tasks:
                    self._tasks[node] = asyncio.ensure_future(self._look_at(node))
            await asyncio.sleep(EVERY_S)

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
                self.load.history.replicas += replicas_of(node, self.load.now(), ranges, {})

    @staticmethod
    def _ask(node):
        answer = Api(node.api_socket).raw("GET", "/api/v1/ranges")
        assert answer.status in (200, 503), answer
        return json.loads(answer.body)["ranges"] if answer.status == 200 else []
