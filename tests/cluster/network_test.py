#!/usr/bin/python3
"""The network, disks and clocks that tests of clusters break are broken as they say, and whole again."""
import asyncio
import os
import pathlib
import subprocess
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE)]
from faults.schedule import KINDS, schedule  # noqa: E402
from network import private  # noqa: E402

MISSING = private.missing()
PORT = 7000
# Answers each line with "yes", as UDP, which is the same in each direction.
ECHO = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", %d))
print("up", flush=True)
while True:
    data, sender = s.recvfrom(100)
    print("heard", flush=True)
    s.sendto(b"yes", sender)
""" % PORT
# Asks until the time in its second argument is over: a link that was down is looked for again after a second or more.
ASK = """
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(0.3)
until = time.monotonic() + float(sys.argv[2])
answer = "no"
while answer == "no":
    try:
        s.sendto(b"?", (sys.argv[1], %d))
        answer = s.recv(100).decode()
    except OSError:
        if time.monotonic() > until:
            break
print(answer)
""" % PORT
# Asks so many times, and says how many answers came.
COUNT = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
def answers(wait_s, most):
    s.settimeout(wait_s)
    for got in range(most):
        try:
            s.recv(100)
        except OSError:
            return got
    return most
came = 0
for _ in range(int(sys.argv[2])):
    s.sendto(b"?", (sys.argv[1], %d))
    came += answers(0.005, 1)
print(came + answers(2, int(sys.argv[2]) - came))
""" % PORT
REACHED_WITHIN_S = 20
TCP_ECHO = """
import socket
s = socket.create_server(("0.0.0.0", %d))
print("up", flush=True)
while True:
    c, _ = s.accept()
    while data := c.recv(100):
        c.sendall(data)
""" % PORT
TCP_ASK = """
import socket, sys, time
s = socket.create_connection((sys.argv[1], %d))
print("connected", flush=True)
for line in sys.stdin:
    began = time.monotonic()
    try:
        s.sendall(line.encode())
        got = s.recv(100).decode().strip()
    except OSError:
        got = ""
    print(got or "broken", time.monotonic() - began, flush=True)
""" % PORT


@unittest.skipIf(MISSING, MISSING)
class Networks(unittest.TestCase):
    def setUp(self):
        from network.namespaces import Network
        self.network = Network()
        self.addCleanup(self.network.close)
        self.a, self.b, self.c = (self.network.add_host() for _ in range(3))

    def start(self, host, program, *arguments):
        process = subprocess.Popen([*host.prefix, sys.executable, "-c", program, *arguments], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)

        def end():
            process.kill()
            process.communicate()
        self.addCleanup(end)
        return process

    def serve(self, host):
        process = self.start(host, ECHO)
        self.assertEqual(process.stdout.readline().strip(), "up")
        return process

    def connect(self, host, to):
        client = self.start(host, TCP_ASK, to.address)
        self.assertEqual(client.stdout.readline().strip(), "connected")
        return client

    def ask(self, asker, host, for_s):
        process = subprocess.run([*asker.prefix, sys.executable, "-c", ASK, host.address, str(for_s)], stdout=subprocess.PIPE,
                                 text=True, check=True)
        return process.stdout.strip()

    def assert_reaches(self, asker, host):
        self.assertEqual(self.ask(asker, host, REACHED_WITHIN_S), "yes")

    def assert_does_not_reach(self, asker, host):
        self.assertEqual(self.ask(asker, host, 0), "no")

    def test_a_cut_keeps_two_hosts_apart_and_no_others(self):
        for host in (self.a, self.b, self.c):
            self.serve(host)
        self.network.part([self.a], [self.b])
        self.assert_does_not_reach(self.a, self.b)
        self.assert_does_not_reach(self.b, self.a)
        self.assert_reaches(self.a, self.c)
        self.assert_reaches(self.c, self.b)
        self.network.heal()
        self.assert_reaches(self.a, self.b)
        self.assert_reaches(self.b, self.a)

    def test_a_cut_of_one_way_lets_the_other_way_pass(self):
        server = self.serve(self.b)
        self.network.cut_one_way(self.b, self.a)
        self.assert_does_not_reach(self.a, self.b)
        self.assertEqual(server.stdout.readline().strip(), "heard")
        self.network.heal()
        self.assert_reaches(self.a, self.b)

    def test_a_host_without_its_cable_reaches_nobody(self):
        for host in (self.a, self.b, self.c):
            self.serve(host)
        self.network.unplug(self.a)
        self.assert_does_not_reach(self.a, self.b)
        self.assert_does_not_reach(self.c, self.a)
        self.assert_reaches(self.c, self.b)
        self.network.heal()
        self.assert_reaches(self.c, self.a)

    def count(self, asker, host, times):
        process = subprocess.run([*asker.prefix, sys.executable, "-c", COUNT, host.address, str(times)], stdout=subprocess.PIPE,
                                 text=True, check=True)
        return int(process.stdout)

    def test_of_packets_between_two_hosts_as_many_are_lost_as_is_said_and_of_no_others(self):
        for host in (self.b, self.c):
            self.serve(host)
        self.network.lose(self.a, self.b, 20)
        # An answer needs both ways: 64 of 100. So far from it is by chance less than once in a million times.
        self.assertAlmostEqual(self.count(self.a, self.b, 500) / 500, 0.64, delta=0.11)
        self.assertEqual(self.count(self.a, self.c, 50), 50)
        self.assertEqual(self.count(self.c, self.b, 50), 50)
        self.network.heal()
        self.assertEqual(self.count(self.a, self.b, 50), 50)

    def test_what_is_sent_over_tcp_where_packets_are_lost_comes_later_and_whole(self):
        server = self.start(self.b, TCP_ECHO)
        self.assertEqual(server.stdout.readline().strip(), "up")
        client = self.connect(self.a, self.b)
        self.network.lose(self.a, self.b, 30)
        late_count = 0
        for number in range(200):
            client.stdin.write(f"line-{number}\n")
            client.stdin.flush()
            answer, took_s = client.stdout.readline().split()
            self.assertEqual(answer, f"line-{number}")
            late_count += float(took_s) > 0.19  # what TCP waits for at least before it sends again
            if late_count == 5:
                return
        self.fail(f"{late_count} of 200 answers were late")

    def test_a_slow_link_delays_holds_up_and_breaks(self):
        from network.slow_link import SlowLink
        server = self.start(self.b, TCP_ECHO)
        self.assertEqual(server.stdout.readline().strip(), "up")

        async def ask(client, text):
            client.stdin.write(text + "\n")
            client.stdin.flush()
            answer, took_s = (await asyncio.to_thread(client.stdout.readline)).split()
            return answer, float(took_s)

        async def run():
            link = await SlowLink(self.a, self.b, PORT, delay_s=0.1).open()
            client = self.connect(self.a, self.b)
            answer, took_s = await ask(client, "slow")
            self.assertEqual(answer, "slow")
            self.assertGreaterEqual(took_s, 0.2)
            self.assertEqual(link.passed, 1)
            link.hold()
            held = asyncio.ensure_future(ask(client, "held"))
            done, _ = await asyncio.wait([held], timeout=1)
            self.assertFalse(done)
            link.go_on()
            self.assertEqual((await held)[0], "held")
            link.reset()
            self.assertEqual((await ask(client, "lost"))[0], "broken")
            await link.close()
            past = self.connect(self.a, self.b)
            self.assertEqual((await ask(past, "past"))[0], "past")
            self.assertEqual(link.passed, 1)
        asyncio.run(run())

    def test_the_machine_itself_does_not_see_it(self):
        seen = subprocess.run(["nsenter", f"--net=/proc/{os.getppid()}/ns/net", "ip", "-o", "link"], stdout=subprocess.PIPE,
                              text=True, check=True)
        self.assertNotIn("to-h", seen.stdout)


@unittest.skipIf(MISSING, MISSING)
class Disks(unittest.TestCase):
    def test_a_full_disk_takes_nothing_and_keeps_what_it_has(self):
        from network.small_disk import SmallDisk
        private.enter()
        disk = SmallDisk(4)
        self.addCleanup(disk.close)
        (disk.path / "before").write_bytes(b"x" * 100_000)
        disk.fill()
        with self.assertRaises(OSError):
            (disk.path / "more").write_bytes(b"x" * 100_000)
        self.assertEqual(len((disk.path / "before").read_bytes()), 100_000)
        disk.free()
        (disk.path / "more").write_bytes(b"x" * 100_000)


@unittest.skipIf(MISSING, MISSING)
class Clocks(unittest.TestCase):
    def test_the_date_moves_and_nothing_else(self):
        from network.net_cluster import OddMachine
        clock = OddMachine()
        self.addCleanup(clock.close)

        def date():
            run = subprocess.run([sys.executable, "-c", "import time; print(time.time(), time.monotonic())"], stdout=subprocess.PIPE,
                                 text=True, check=True, env={**os.environ, **clock.env})
            return map(float, run.stdout.split())
        for offset_s in (0, 5000, -5000):
            clock.step_to(offset_s)
            told, mono = date()
            self.assertAlmostEqual(told - time.time(), offset_s, delta=100)
            self.assertAlmostEqual(mono, time.monotonic(), delta=100)


class Schedules(unittest.TestCase):
    def test_a_seed_gives_the_same_schedule_again_and_another_one_another(self):
        for nodes in (3, 5):
            first = schedule(1, 600, nodes)
            self.assertEqual(first, schedule(1, 600, nodes))
            self.assertEqual(first[:10], schedule(1, 1200, nodes)[:10])
            self.assertNotEqual(first, schedule(2, 600, nodes))

    def test_faults_come_one_after_the_other_and_all_kinds_come(self):
        found = schedule(3, 20_000, 5)
        for one, following in zip(found, found[1:]):
            self.assertLess(one.at_s + one.lasts_s, following.at_s)
        self.assertEqual({one.kind for one in found}, set(KINDS))
        for one in found:
            self.assertEqual(len(set(one.nodes)), len(one.nodes))
            if one.kind == "halves":
                self.assertLessEqual(len(one.nodes), 2)


if __name__ == "__main__":
    unittest.main()
