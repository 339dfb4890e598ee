#!/usr/bin/python3
"""Reloads while clients publish, over TCP and over TLS: no link is dropped, no message is lost, and memory stays. With each
one listeners come, go and change, the certificate of TLS is another one, and so are rules and options of auth/file, limits,
tokens and the level of the log; what was changed is in force when the reload is answered; now and then the files are wrong,
and nothing changes.

As a command, for sizes that no gate has time for:
    tests/scenario/reload_run.py --reloads 1000"""
import argparse
import asyncio
import pathlib
import shutil
import ssl
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from api import Api  # noqa: E402
from broker import BUILD, Broker  # noqa: E402
from certificates import Authority  # noqa: E402
from mqtt_client import Client  # noqa: E402

LOCAL = {"bind": "127.0.0.1", "port": 0}
NOT_AUTHORIZED, NOBODY = 0x87, 0x10
USER, PASSWORD = "ann", "ann-secret"
CERTIFICATE_EVERY = 7  # odd: it is looked at for each of the two that take turns
GROWTH_BYTES_MAX = 24 << 20  # under load: what durable state buffers is some 16 MiB
QUIET_GROWTH_BYTES_MAX = 1000  # with each reload while nobody writes
QUIET_PARTS = 5


def quiet_growth(resident):
    """The bytes by which memory grows in an ordinary one of the parts between these figures. What a reload loses grows in
    each of them; what an allocator takes from the system once, or a store writes in its own time, in one or two."""
    return statistics.median(after - before for before, after in zip(resident, resident[1:]))


def growth_faults(growth_bytes, quiet_growth_bytes, quiet_reloads):
    """What is wrong with how memory has grown under load, and with so many reloads more while nobody wrote."""
    faults = []
    if growth_bytes >= GROWTH_BYTES_MAX:
        faults.append(f"memory has grown by {growth_bytes} bytes under load")
    if quiet_growth_bytes >= quiet_reloads * QUIET_GROWTH_BYTES_MAX:
        faults.append(f"memory has grown by {quiet_growth_bytes} bytes with {quiet_reloads} reloads while nobody wrote")
    return faults


class Files:
    """What the configuration names, in a folder of its own; each number makes others than the one before."""

    def __init__(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="tenon-reload-"))
        authority = Authority(self.home / "ca")
        self.pairs = [authority.sign(f"server{n}", f"/CN=server{n}", "IP:127.0.0.1") for n in range(2)]
        self.context = ssl.create_default_context(cafile=str(authority.certificate))
        self.passwords, self.acl, self.certificate, self.key = (self.home / name for name in ("passwd", "acl", "tls.pem", "tls.key"))
        subprocess.run([str(BUILD / "core/bin/ctl/tenonctl"), "passwd", str(self.passwords), USER, "--iterations", "4096"],
                       input=PASSWORD + "\n", text=True, check=True, capture_output=True)
        self.write(0)

    def write(self, number):
        # Whoever reads these sees the old one or the new one, as an operator's tools do it.
        for file, content in ((self.certificate, self.pairs[number % 2][0].read_text()),
                              (self.key, self.pairs[number % 2][1].read_text()),
                              (self.acl, self.rules(number))):
            part = file.with_name(file.name + ".part")
            part.write_text(content)
            part.chmod(0o600)
            part.rename(file)

    @staticmethod
    def rules(number):
        gate = "topic readwrite gate/#\n" if number % 2 else ""
        more = "".join(f"topic read more/{number}/{n}\n" for n in range(number % 5))
        return f"user {USER}\ntopic readwrite t/#\n{gate}{more}"

    def remove(self):
        shutil.rmtree(self.home, ignore_errors=True)


def raise_what_ended(tasks):
    """What a task has failed of: nobody waits for it yet."""
    for task in tasks:
        if task.done():
            task.result()


class Run:
    """`clients` write and as many read, half of each over TLS."""

    def __init__(self, clients=8, wrong_every=10, say=lambda text: None):
        self.count, self.wrong_every, self.say = clients, wrong_every, say
        self.files = Files()
        self.readers, self.writers, self.faults = [], [], []
        self.sent = [0] * clients
        self.guests = 0
        self.measured = []  # (reloads, bytes)
        self.broker = Broker(config=self.config(0), start=False)
        self.broker.write_config("95-change.json", self.change(0))

    def config(self, number):
        return {"plugins": {"tls": {"options": {"certificate": str(self.files.certificate), "key": str(self.files.key)}}},
                "auth": {"anonymous": "never", "chain": {"file": {"enable": True, "order": 1}}},
                "listeners": {"secure": {**LOCAL, "stack": ["tcp", "tls"]}}}

    def change(self, number):
        """A configuration that differs from the one before in most of what can change at run time."""
        token = self.broker.home / f"{number % 2}.token"
        token.write_text(chr(ord("a") + number % 26) * 64 + "\n")
        options = {"password_file": str(self.files.passwords), "acl_file": str(self.files.acl), "cache_count_max": 100 + number % 7}
        return {"log": {"level": ("info", "warn")[number % 2]},
                "mqtt": {"receive_maximum": 100 + number % 7, "keepalive_s_max": 60_000 + number % 3},
                "api": {"tokens": {f"t{number % 2}": {"role": "viewer", "file": str(token)}}},
                "plugins": {"file": {"options": options}},
                "listeners": {"default": {"connections_max": 1000 + number % 5}, "secure": {"connections_max": 1000 + number % 3},
                              **({f"more{number % 3}": {**LOCAL, "stack": ["tcp", "tls"][:1 + number % 2]}} if number % 4 else {})}}

    def __enter__(self):
        self.broker.start()
        ports = {event["fields"]["listener"]: int(event["fields"]["port"]) for event in self.broker.events()
                 if event.get("event") == "listener.opened"}
        while len(ports) < 2:
            opened = self.broker.wait_for_event("listener.opened", listener="secure")
            ports["secure"] = int(opened["fields"]["port"])
            ports["default"] = int(self.broker.wait_for_event("listener.opened", listener="default")["fields"]["port"])
        self.ports = ports
        self.api = Api(self.broker.api_socket)
        return self

    def __exit__(self, *_):
        try:
            for client in self.readers + self.writers:
                client.abort()
        finally:
            self.broker.__exit__()
            self.files.remove()

    def client(self, name, number, **options):
        own = {"port": self.ports["secure"], "tls": self.files.context} if number % 2 else {"port": self.ports["default"]}
        # A reader of QoS 0 says nothing for as long as the run takes.
        return Client(f"{name}{number}", **own, user=USER, password=PASSWORD, keepalive_s=0, **options)

    async def connect(self):
        for number in range(self.count):
            self.readers.append(self.client("reader", number, expiry_s=600))
            self.writers.append(self.client("writer", number, expiry_s=0, clean=True))
            for client in (self.readers[-1], self.writers[-1]):
                code = (await client.connect()).code
                assert code == 0, f"{client.client_id} is not let in: {code}"
            await self.readers[-1].subscribe(f"t/{number}", number % 3)

    async def write(self, number, over):
        while not over.is_set():
            code = await self.writers[number].deliver(f"t/{number}", str(self.sent[number]), max(1, number % 3))
            if code != 0:
                self.faults.append(f"message {self.sent[number]} of writer{number} was refused: {code:#x}")
                return
            self.sent[number] += 1

    async def come_and_go(self, number, over):
        """Logs in and leaves, again and again: what a reload replaces has links and logins at any moment."""
        while not over.is_set():
            client = self.client("guest", number, expiry_s=0, clean=True)
            code = (await client.connect()).code
            if code != 0:
                self.faults.append(f"a guest was not let in: {code:#x}")
                return
            await client.disconnect()
            self.guests += 1

    async def ask(self, *request):
        return await asyncio.to_thread(self.api.ask, *request)

    async def reload(self, number):
        if self.wrong_every and number % self.wrong_every == 0:
            await self.wrong_reload()
        self.files.write(number)
        self.broker.write_config("95-change.json", self.change(number))
        answer = await self.ask("POST", "/api/v1/config/reload")
        if answer.status != 200 or answer.json["plugins_refused"]:
            self.faults.append(f"reload {number}: {answer}")
        self.broker.drain()
        await self.look(number)

    async def wrong_reload(self):
        """All of it is refused, and what was in force stays."""
        self.broker.write_config("96-wrong.json", {"mqtt": {"receive_maximum": 0}, "log": {"level": "trace"}})
        answer = await self.ask("POST", "/api/v1/config/reload")
        (self.broker.conf_dir / "96-wrong.json").unlink()
        if answer.status != 409 or "receive_maximum" not in answer.detail:
            self.faults.append(f"a wrong configuration was not refused: {answer}")
        levels = {area["level"] for area in (await self.ask("GET", "/api/v1/log/levels")).json["areas"]}
        if "trace" in levels:
            self.faults.append("half of a wrong configuration is in force")

    async def look(self, number):
        """What the reload has changed is in force for a link that has been there all the time, and for a new one."""
        code = await self.writers[0].deliver("gate/x", "x", 1)
        if code != (NOBODY if number % 2 else NOT_AUTHORIZED):
            self.faults.append(f"reload {number}: the rules say otherwise than {code:#x}")
        if number % CERTIFICATE_EVERY:
            return
        shown = await asyncio.to_thread(ssl.get_server_certificate, ("127.0.0.1", self.ports["secure"]))
        if shown.strip() not in self.files.pairs[number % 2][0].read_text():
            self.faults.append(f"reload {number}: the certificate is the old one")

    async def resident(self):
        return int(await asyncio.to_thread(self.broker.metric, "tenon_node_resident_bytes"))

    async def measure(self, number):
        resident = await self.resident()
        self.measured.append((number, resident))
        self.say(f"{number:6} reloads {resident / 2**20:8.1f} MiB {sum(self.sent):9} messages")

    async def go(self, reloads, warm_up=10, measure_every=100, fill=0):
        """Reloads while all write. Memory is measured when the first ones have filled caches and pools; it grows with what
        is published, too, until the buffers of durable state are full: `fill` messages come before it is measured."""
        await self.connect()
        over = asyncio.Event()
        work = [asyncio.create_task(self.write(number, over)) for number in range(self.count)]
        work += [asyncio.create_task(self.come_and_go(number, over)) for number in range(2)]
        for number in range(1, warm_up + 1):
            await self.reload(number)
        while sum(self.sent) < fill and not self.faults:
            raise_what_ended(work)
            self.broker.drain()
            await asyncio.sleep(0.1)
        await self.measure(0)
        for number in range(1, reloads + 1):
            await self.reload(warm_up + number)
            raise_what_ended(work)
            if number % measure_every == 0 or number == reloads:
                await self.measure(number)
        over.set()
        await asyncio.gather(*work)
        await self.collect()
        self.reloads = warm_up + reloads

    async def growth_of_quiet(self, part_reloads, warm_up=50):
        """The bytes by which memory grows with so many reloads more while nobody writes: what is usual of QUIET_PARTS times
        as many. All links are there still."""
        await self.reload_in_peace(warm_up)
        resident = [await self.resident()]
        for _ in range(QUIET_PARTS):
            await self.reload_in_peace(part_reloads)
            resident.append(await self.resident())
        return quiet_growth(resident)

    async def reload_in_peace(self, reloads):
        for _ in range(reloads):
            self.reloads += 1
            await self.reload(self.reloads)

    async def collect(self):
        for number, reader in enumerate(self.readers):
            try:
                await reader.received(self.sent[number])
            except (asyncio.TimeoutError, AssertionError):
                pass
            got = [int(message.payload) for message in reader.messages]
            if got != list(range(self.sent[number])):
                missing = sorted(set(range(self.sent[number])) - set(got))
                self.faults.append(f"reader{number} got {len(got)} of {self.sent[number]} messages, or not in their order; "
                                   f"missing {len(missing)}: {missing[:1]} to {missing[-1:]}")
        self.faults += [f"{client.client_id} has lost its link" for client in self.readers + self.writers
                        if client.connects != 1 or not client.connected]
        if min(*self.sent, self.guests) == 0:
            self.faults.append("a writer wrote nothing, or no guest came")

    @property
    def growth_bytes(self):
        return self.measured[-1][1] - self.measured[0][1]


async def play(args):
    """The exit code."""
    began = time.monotonic()
    with Run(args.clients, say=lambda text: print(text, flush=True)) as run:
        await run.go(args.reloads, fill=args.fill)
        part = max(1, args.reloads // QUIET_PARTS)
        quiet = await run.growth_of_quiet(part)
        run.faults += growth_faults(run.growth_bytes, quiet, part)
        print(f"{args.reloads} reloads under load, {run.growth_bytes / 2**20:+.1f} MiB; {part} more while nobody writes, "
              f"{quiet / 2**10:+.0f} KiB; {time.monotonic() - began:.0f} s, {len(run.faults)} faults", *run.faults[:20], sep="\n")
    return bool(run.faults)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reloads", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=8, help="that write; as many read")
    parser.add_argument("--fill", type=int, default=300_000, help="messages before memory is measured")
    args = parser.parse_args()
    sys.exit(asyncio.run(play(args)))


if __name__ == "__main__":
    main()
