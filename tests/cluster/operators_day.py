#!/usr/bin/python3
"""One operator's day, as a script to run and to read: install, three nodes, watch, add a node, drain one, kick and ban a
client, change a balancer's rule, see who did it, back up, lose everything, restore. With installed programs, by tenonctl
alone, and with clients that others have written (mosquitto-clients).

    tests/cluster/operators_day.py                installs the build into a folder of its own and plays the day
    tests/cluster/operators_day.py --root /       with what packages have installed"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from broker import BUILD  # noqa: E402
from cluster import PortHold  # noqa: E402

PATIENCE_S = 120
USER, PASSWORD = "plant", "a password for the plant"
TOOLS = ("mosquitto_pub", "mosquitto_sub")


class Failed(AssertionError):
    pass


def run(*command, **options):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=PATIENCE_S, **options)


class Tree:
    """Installed programs below `root`, wherever the build has put them."""

    def __init__(self, root):
        self.root = root
        self.tenond, self.tenonctl = self.find("bin/tenond"), self.find("bin/tenonctl")
        self.plugins = self.find("plugins/transport-tcp.so").parent
        self.vendor_dir = self.find("tenon/conf.d/10-node.json").parent

    def find(self, end):
        for top in ("usr", "opt", "home", ""):
            found = sorted((self.root / top).glob("**/" + end)) if (self.root / top).is_dir() else []
            if found:
                return found[0]
        raise Failed(f"{self.root} has no {end}")


class Node:
    """A node as its files say: a folder with conf.d, data and the log."""

    def __init__(self, day, name):
        self.day, self.name, self.home = day, name, day.home / name
        self.mqtt, self.cluster = PortHold(), PortHold()
        self.socket = self.home / "api.sock"
        self.process = None

    def write_config(self, seeds, expect):
        (self.home / "conf.d").mkdir(parents=True, exist_ok=True)
        config = {
            "node": {"data_dir": str(self.home / "data"), "workers": 2},
            "plugins": {"path": [str(self.day.tree.plugins)],
                        "file": {"options": {"password_file": str(self.day.passwords)}}},
            "auth": {"anonymous": "never", "chain": {"file": {"enable": True}}},
            "listeners": {"default": {"bind": "127.0.0.1", "port": self.mqtt.number}},
            "api": {"unix": str(self.socket), "port": 0},
            "cluster": {"bind": "127.0.0.1", "port": self.cluster.number, "seeds": seeds, "expect": expect,
                        "token": "the token of the day, which all nodes have"},
        }
        (self.home / "conf.d" / "50-node.json").write_text(json.dumps(config, indent=2))

    def start(self):
        self.day.say(f"$ tenond --conf-dir {self.home}/conf.d")
        with open(self.home / "log", "ab") as log:
            self.process = subprocess.Popen([self.day.tree.tenond, "--vendor-dir", self.day.tree.vendor_dir, "--conf-dir",
                                             self.home / "conf.d"], stderr=log, stdout=log)

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE_S)
        self.day.check(number == signal.SIGKILL or code == 0, f"{self.name} ended with {code}")

    @property
    def alive(self):
        return self.process is not None and self.process.poll() is None

    # --- what the operator types

    def ctl(self, *words, code=0):
        """What tenonctl writes; `code` is what it is to return."""
        done = run(self.day.tree.tenonctl, *words, "--endpoint", f"unix:{self.socket}")
        out = done.stdout + done.stderr
        self.day.say(f"$ tenonctl {' '.join(map(str, words))}", *out.splitlines()[:40])
        self.day.check(done.returncode == code, f"tenonctl {words} at {self.name} returned {done.returncode}: {out}")
        return out

    def json(self, *words):
        """The same for a program, unsaid."""
        done = run(self.day.tree.tenonctl, *words, "--json", "--endpoint", f"unix:{self.socket}")
        return json.loads(done.stdout) if done.returncode == 0 else None

    @property
    def is_ready(self):
        self.day.check(self.alive, f"{self.name} has ended")
        return (self.json("status") or {}).get("ready")

    def nodes(self):
        """By id; none while this one does not answer."""
        listed = self.json("node", "list")
        return {one["id"]: one for one in listed["nodes"]} if listed else {}

    @property
    def node_id(self):
        return self.json("status")["node"]["id"]


class Day:
    def __init__(self, root=None, say=lambda *lines: None):
        self.say = say
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="tenon-day-"))
        self.nodes, self.clients = [], []
        self.root = root
        self.passwords = self.home / "passwords"

    def play(self):
        try:
            for step in (self.install, self.three_nodes, self.watch, self.add_a_node, self.drain_one, self.kick_and_ban,
                         self.change_a_rule, self.back_up, self.lose_everything, self.restore):
                self.say("", f"--- {step.__doc__}")
                step()
        finally:
            self.close()

    def close(self):
        for process in self.clients + [node.process for node in self.nodes]:
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()
        for node in self.nodes:
            node.mqtt.close()
            node.cluster.close()
        shutil.rmtree(self.home, ignore_errors=True)

    # --- helpers

    def check(self, holds, what):
        if not holds:
            raise Failed(f"{what}\n{self.logs()}")
        return holds

    def logs(self):
        return "\n".join(f"--- {node.name}\n" + "\n".join((node.home / "log").read_text().splitlines()[-15:])
                         for node in self.nodes if (node.home / "log").exists())

    def until(self, holds, what):
        """Asks until it holds, as an operator does who waits; what it has come to."""
        end = time.monotonic() + PATIENCE_S
        while not (found := holds()):
            self.check(time.monotonic() < end, f"not in time: {what}")
            time.sleep(0.1)
        return found

    def publish(self, node, topic, payload, *options, client="meter-1"):
        return run("mosquitto_pub", "-h", "127.0.0.1", "-p", node.mqtt.number, "-V", "mqttv5", "-i", client, "-u", USER,
                   "-P", PASSWORD, "-q", "1", "-t", topic, "-m", payload, *options)

    def published(self, *message, **options):
        done = self.publish(*message, **options)
        self.check(done.returncode == 0, f"mosquitto_pub: {done.stdout}{done.stderr}")

    def subscribe(self, node, client, topic, *options):
        """A mosquitto_sub with a session that outlives it, in the background; prints topic and payload."""
        process = subprocess.Popen(
            ["mosquitto_sub", "-h", "127.0.0.1", "-p", str(node.mqtt.number), "-V", "mqttv5", "-i", client, "-u", USER, "-P",
             PASSWORD, "-c", "-x", "86400", "-q", "1", "-t", topic, "-F", "%t %p", *options],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.clients.append(process)
        return process

    def connected(self, node, client, state="connected"):
        """Whether a session of this client is in this state, as this node sees the cluster."""
        listed = node.json("session", "list", "--prefix", client, "--state", state)
        return bool(listed) and any(one["client_id"] == client for one in listed["sessions"])

    def hang_up(self, process):
        process.terminate()
        return process.communicate(timeout=PATIENCE_S)[0].splitlines()

    def make_node(self, name, seeds, expect=3):
        node = Node(self, name)
        self.nodes.append(node)
        node.write_config(seeds, expect)
        return node

    def found(self, names):
        """Nodes of these names that found a cluster together, ready."""
        nodes = [Node(self, name) for name in names]
        self.nodes += nodes
        seeds = [f"127.0.0.1:{node.cluster.number}" for node in nodes]
        for node in nodes:
            node.write_config(seeds, len(nodes))
            node.start()
        for node in nodes:
            self.until(lambda node=node: node.is_ready, f"{node.name} is ready")
        return nodes

    # --- the day

    def install(self):
        """Install, and make a password for the clients of the plant"""
        if self.root is None:
            self.root = self.home / "installed"
            done = run("meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", self.root, "--tags", "runtime")
            self.check(done.returncode == 0, done.stdout + done.stderr)
        self.tree = Tree(pathlib.Path(self.root))
        versions = {run(program, "--version").stdout.split()[1] for program in (self.tree.tenond, self.tree.tenonctl)}
        self.check(len(versions) == 1, f"versions {versions}")
        done = run(self.tree.tenonctl, "passwd", self.passwords, USER, "--iterations", "4096", input=PASSWORD + "\n")
        self.check(done.returncode == 0, done.stderr)
        self.say(f"$ tenonctl passwd {self.passwords} {USER}", done.stdout)

    def three_nodes(self):
        """Three nodes that found a cluster"""
        self.a, self.b, self.c = self.found("abc")
        self.ids = {node.name: node.node_id for node in self.nodes}
        for node in self.nodes:
            done = run(self.tree.tenond, "--check", "--vendor-dir", self.tree.vendor_dir, "--conf-dir", node.home / "conf.d")
            self.check(done.returncode == 0, done.stderr)
        self.until(lambda: {one["state"] for one in self.a.nodes().values()} == {"serving"} and len(self.a.nodes()) == 3,
                   "three nodes serve")
        listed = self.b.ctl("node", "list")
        self.check(all(node_id in listed for node_id in self.ids.values()), listed)
        self.check("ready" in self.c.ctl("status"), "it says that it is ready")

    def watch(self):
        """Watch clients come, and what they say"""
        display = self.subscribe(self.a, "display", "plant/#")
        self.until(lambda: self.connected(self.b, "display"), "the display is connected")
        self.check("display" in self.c.ctl("session", "list"), "each node lists it")
        shown = self.b.ctl("session", "show", "display")
        self.check("plant/#" in shown and self.ids["a"] in shown, f"its subscription and its node: {shown}")
        started = self.c.ctl("trace", "start", "--client", "meter-*", "--duration", "60")
        self.published(self.b, "plant/1/temperature", "21.5")
        self.published(self.b, "plant/1/name", "the boiler", "-r")
        trace = started.split()[1]
        self.c.ctl("trace", "stop", trace)
        lines = self.c.ctl("trace", "show", trace, "--all")
        self.check('PUBLISH "plant/1/temperature"' in lines and "21.5" not in lines, f"what was sent, not its content: {lines}")
        self.check("plant/1/name" in self.a.ctl("retain", "list"), "what is retained")
        self.check("the boiler" in self.a.ctl("retain", "show", "plant/1/name"), "and its payload")
        self.until(lambda: self.a.json("session", "show", "display")["stored"]["queue_count"] == 0, "it has taken all")
        got = self.hang_up(display)
        self.check(got == ["plant/1/temperature 21.5", "plant/1/name the boiler"], f"the display got {got}")
        for words in (["plugin", "list"], ["config", "show"], ["balance", "status"], ["range", "list"], ["log", "levels"]):
            self.b.ctl(*words)

    def add_a_node(self):
        """Add a node, which gets its share"""
        self.d = self.make_node("d", [f"127.0.0.1:{self.a.cluster.number}"])
        self.d.start()
        self.until(lambda: self.d.is_ready, "d is ready")
        self.ids["d"] = self.d.node_id
        self.until(lambda: self.a.nodes().get(self.ids["d"], {}).get("load", {}).get("replicas", 0) > 0, "d has replicas")
        self.check(self.ids["d"] in self.a.ctl("node", "list"), "the list has it")
        self.published(self.d, "plant/2/temperature", "19")

    def drain_one(self):
        """Drain a node, stop it, and take it out for good"""
        gone = self.ids["c"]
        visitor = self.subscribe(self.c, "visitor", "none")
        self.until(lambda: self.connected(self.a, "visitor"), "a client is there")
        self.check("draining" in self.a.ctl("node", "drain", gone, "--for-good", "--reason", "an old disk"), "it is begun")
        self.until(lambda: self.b.nodes()[gone]["state"] == "drained", "c is drained")
        shown = self.b.ctl("node", "show", gone)
        self.check("an old disk" in shown and self.ids["a"] in shown, f"why, and at which node that was said: {shown}")
        self.check(self.b.nodes()[gone]["load"] == {"clients": 0, "leaders": 0, "replicas": 0}, "nothing is left on it")
        self.check(self.connected(self.a, "visitor", "disconnected"), "its client was sent away, its session is kept")
        self.hang_up(visitor)
        self.check("NOT READY" in self.c.ctl("status"), "load balancers leave it out")
        self.check(self.publish(self.c, "plant/3", "x").returncode != 0, "it lets nobody in")
        refused = self.a.ctl("node", "remove", gone, "--confirm", code=1)
        self.check("is linked" in refused, f"one that is there is not removed: {refused}")
        self.c.stop()
        self.until(lambda: self.a.nodes()[gone]["state"] == "gone", "it is gone")
        version = self.a.json("node", "show", gone)["version"]
        late = self.b.ctl("node", "resume", gone, "--if-version", version + 1, code=1)
        self.check(f"has version {version}" in late, f"who has seen something else changes nothing: {late}")
        self.check("removed" in self.a.ctl("node", "remove", gone, "--confirm"), "it is out")

    def kick_and_ban(self):
        """Kick a client, then ban it"""
        rogue = self.subscribe(self.d, "rogue", "#")
        self.until(lambda: self.connected(self.b, "rogue"), "the rogue is connected")
        self.check("is connected" in self.a.ctl("session", "kick", "rouge", code=1), "a name that nobody has")
        self.a.ctl("session", "kick", "rogue")
        self.check("banned until" in self.a.ctl("ban", "add", "client", "rogue*", "--reason", "it floods", "--duration", "3600"),
                   "it is banned")
        self.until(lambda: self.connected(self.b, "rogue", "disconnected"), "it is away")
        self.hang_up(rogue)
        self.until(lambda: self.publish(self.d, "plant/x", "x", client="rogue").returncode != 0, "d obeys, too")
        self.published(self.d, "plant/2/temperature", "20")
        listed = self.d.ctl("ban", "list")
        self.check("it floods" in listed and self.ids["a"] in listed, f"why, and at which node that was said: {listed}")
        everybody = self.a.ctl("ban", "add", "client", "*", code=1)
        self.check("everybody" in everybody, f"nobody bans all by mistake: {everybody}")
        self.b.ctl("ban", "remove", "client", "rogue*")
        self.until(lambda: self.publish(self.d, "other/x", "x", client="rogue").returncode == 0, "it may come again")

    def change_a_rule(self):
        """Change a balancer's rule, and see who did it"""
        out = self.a.ctl("balance", "set", "inbox/replica-cnt", "--options", '{"grace_s": 300}', "--reason", "slow disks")
        self.check("done" in out, out)
        self.until(lambda: "grace_s = 300" in (self.rules(self.d) or ""), "d follows it")
        shown = self.d.ctl("balance", "rules")
        self.check(f"by owner at {self.ids['a']}: slow disks" in shown, f"who, where and why: {shown}")
        audit = [line.split() for line in self.b.ctl("audit", "list").splitlines()]
        done = {(words[2], words[3]) for words in audit[1:]}
        for what in (("set", "balance/rules/inbox/replica-cnt"), ("removed", "bans/client/rogue*"), ("set", "bans/client/rogue*"),
                     ("set", f"nodes/removed/{self.ids['c']}"), ("set", f"nodes/drain/{self.ids['c']}")):
            self.check(what in done, f"the audit of the cluster has {what}: {done}")
        self.check("grace_x" in self.a.ctl("balance", "set", "inbox/replica-cnt", "--options", '{"grace_x": 1}', code=1),
                   "the plugin says what it does not know")
        log = (self.a.home / "log").read_text()
        for event in ("api.change_asked", "balance.rule_changed"):
            self.check(event in log, f"{event} in the log of the node that was asked")

    def rules(self, node):
        done = run(self.tree.tenonctl, "balance", "rules", "--endpoint", f"unix:{node.socket}")
        return done.stdout if done.returncode == 0 else None

    def back_up(self):
        """Back up while messages wait"""
        for number in range(20):
            self.published(self.b, f"plant/{number}/count", str(number))
        self.queued = self.a.json("session", "show", "display")["stored"]["queue_count"]
        self.check(self.queued >= 20, f"{self.queued} wait for the display")
        self.backup, self.retained = self.home / "monday.tenonbak", self.home / "retained.jsonl"
        self.d.ctl("backup", "create", "--to", self.backup)
        self.check("is whole" in self.d.ctl("backup", "verify", self.backup), "it is whole")
        self.a.ctl("retain", "export", "--to", self.retained)
        self.check("exists" in self.a.ctl("backup", "create", "--to", self.backup, code=1), "no backup is overwritten")

    def lose_everything(self):
        """Lose everything"""
        for node in self.nodes:
            if node.alive:
                node.stop(signal.SIGKILL)
            shutil.rmtree(node.home / "data")
        self.check("is it running" in self.a.ctl("status", code=3), "nobody answers")

    def restore(self):
        """Restore into three new nodes"""
        e, f, g = self.found("efg")
        self.check("--confirm" in e.ctl("backup", "restore", self.backup, code=2), "it has to be meant")
        self.check("sessions" in e.ctl("backup", "restore", self.backup, "--confirm"), "it says what it did")
        listed = f.ctl("session", "list")
        self.check("display" in listed and "visitor" in listed, listed)
        self.check(f.json("session", "show", "display")["stored"]["queue_count"] == self.queued, "all that waited waits")
        display = self.subscribe(g, "display", "plant/#", "-C", str(self.queued))
        got = display.communicate(timeout=PATIENCE_S)[0].splitlines()
        counts = [line.split()[1] for line in got if line.split()[0].endswith("/count")]
        self.check(counts == [str(number) for number in range(20)], f"the display got {got}")
        self.check("the boiler" in g.ctl("retain", "show", "plant/1/name"), "what is retained is there")
        self.until(lambda: "grace_s = 300" in (self.rules(e) or ""), "so is the rule")
        again = self.home / "again.jsonl"
        g.ctl("retain", "export", "--to", again)
        self.check(again.read_text() == self.retained.read_text(), "retained messages are what they were")
        for node in (e, f, g):
            node.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, help="below which tenon is installed; unless given, the build is")
    args = parser.parse_args()
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        sys.exit(f"not installed: {', '.join(missing)}")
    began = time.monotonic()
    Day(args.root, lambda *lines: print("\n".join(lines), flush=True)).play()
    print(f"\nthe day is over, after {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
