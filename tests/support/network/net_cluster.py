"""A cluster whose nodes have addresses of their own, and whose network, disks and clocks fail as a test wants."""
import asyncio
import itertools
import mmap
import pathlib
import shutil
import struct
import tempfile

import sanitizer
from broker import BUILD
from cluster import Cluster
from lossy_disk import LossyDisk
from network.namespaces import Network
from network.small_disk import SmallDisk

CLUSTER_PORT, MQTT_PORT = 7883, 1883
MACHINE_LIBRARY = BUILD / "tests/support/odd_machine/odd_machine.so"
STEERING = struct.Struct("=qq")


class OddMachine:
    """The date, and the disk, of a process that is started with `env`."""

    def __init__(self):
        self._dir = pathlib.Path(tempfile.mkdtemp(prefix="tenon-machine-"))
        path = self._dir / "steering"
        path.write_bytes(bytes(STEERING.size))
        with open(path, "r+b") as file:
            self._memory = mmap.mmap(file.fileno(), STEERING.size)
        if not MACHINE_LIBRARY.exists():
            raise FileNotFoundError(MACHINE_LIBRARY)
        self.env = sanitizer.preloaded(MACHINE_LIBRARY, ODD_MACHINE=str(path))
        self._offset_s, self._sync_s = 0, 0

    def step_to(self, offset_s):
        """So far from the date of the machine, from now on."""
        self._offset_s = offset_s
        self._steer()

    def slow_syncs(self, sync_s):
        """How much longer a sync takes that begins from now on."""
        self._sync_s = sync_s
        self._steer()

    def _steer(self):
        self._memory[:] = STEERING.pack(round(self._offset_s * 1e9), round(self._sync_s * 1e6))

    def close(self):
        self._memory.close()
        shutil.rmtree(self._dir)


class Place:
    """What one node has around it. See PortHold."""

    config = {"auth": {"anonymous": "always"}}

    def __init__(self, network, disk_mib, lossy, number=CLUSTER_PORT):
        self.number = number
        self.host = network.add_host()
        self.address = self.host.address
        self.config = {**Place.config, "listeners": {"default": {"bind": self.address, "port": MQTT_PORT}}}
        self.machine = OddMachine()
        self.env = self.machine.env
        self.disk = SmallDisk(disk_mib) if disk_mib else None
        self.data_dir = self.disk.path if disk_mib else None
        self.home, self.lossy_disk = None, None
        if lossy:
            self._make_lossy_disk()
        # No process outlives the test, however that ends.
        self.prefix = ["setpriv", "--pdeathsig", "KILL", *self.host.prefix]

    def _make_lossy_disk(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="tenon-lossy-"))
        self.data_dir = self.home / "data"
        self.data_dir.mkdir()
        self.lossy_disk = LossyDisk(self.data_dir)
        loaded = self.lossy_disk.environment()
        self.env = {**self.env, **loaded, "LD_PRELOAD": f"{loaded['LD_PRELOAD']}:{self.env['LD_PRELOAD']}"}

    def fill_disk(self):
        """From now on nothing can be added to it (ENOSPC)."""
        self.disk.fill() if self.disk else self.lossy_disk.set_room(0)

    def free_disk(self):
        if self.disk:
            self.disk.free()
        if self.lossy_disk:
            self.lossy_disk.set_room()

    def close(self):
        self.machine.close()
        if self.disk:
            self.disk.close()
        if self.home:
            shutil.rmtree(self.home)


class NetCluster(Cluster):
    """Use as Cluster. With `disk_mib`, each node's data lies on a tmpfs of that size; with `lossy`, on a LossyDisk instead.
    `cluster_ports` are those of the first nodes."""

    def __init__(self, count=3, disk_mib=0, lossy=False, cluster_ports=(), **options):
        self.network = Network()
        ports = itertools.chain(cluster_ports, itertools.repeat(CLUSTER_PORT))
        super().__init__(count, make_place=lambda: Place(self.network, disk_mib, lossy, next(ports)), **options)

    async def close(self):
        self.network.heal()
        for node in self.nodes:
            self.place(node).machine.step_to(0)
            self.place(node).machine.slow_syncs(0)
            self.place(node).free_disk()
            if self.place(node).lossy_disk:
                self.place(node).lossy_disk.mend()
        try:
            await super().close()
        finally:
            self.network.close()

    def place(self, node):
        return node.port_hold

    @property
    def places(self):
        """Of the nodes, in their order, also of those that are not started yet."""
        return self._holds

    # --- faults. All in terms of nodes.

    def hosts(self, *nodes):
        return [self.place(node).host for node in nodes]

    def cut(self, one, other):
        self.network.cut(*self.hosts(one, other))

    def cut_one_way(self, source, target):
        self.network.cut_one_way(*self.hosts(source, target))

    def part(self, *groups):
        """Nodes of different groups do not reach each other. Clients reach all."""
        self.network.part(*(self.hosts(*group) for group in groups))

    def isolate(self, node):
        """From all other nodes, not from clients."""
        self.part([node], [other for other in self.nodes if other is not node])

    def unplug(self, node):
        """From nodes and from clients."""
        self.network.unplug(self.place(node).host)

    def lose(self, node, percent):
        """So many of a hundred packets between the node and all others, each way. Clients lose none."""
        for other in self.nodes:
            if other is not node:
                self.network.lose(*self.hosts(node, other), percent)

    def heal(self):
        self.network.heal()

    def fill_disk(self, node):
        self.place(node).fill_disk()

    def free_disk(self, node):
        self.place(node).free_disk()

    def fail_disk(self, node, part="", writes=True):
        """As LossyDisk.fail()."""
        self.place(node).lossy_disk.fail(part, writes)

    async def lose_power(self, node):
        """It is killed, unless it has ended, and what it had not synced goes. Its disk is well again, but for its room."""
        if node.alive:
            await self.kill(node)
        disk = self.place(node).lossy_disk
        await asyncio.to_thread(disk.power_cut)
        disk.mend()

    def step_clock(self, node, offset_s):
        self.place(node).machine.step_to(offset_s)

    def slow_disk(self, node, sync_s):
        """How much longer each of its syncs takes from now on."""
        self.place(node).machine.slow_syncs(sync_s)
