#!/usr/bin/python3
"""Plugins of third parties: built elsewhere, against the installed SDK alone, loaded by the installed tenond."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from broker import BUILD, SOURCE, Broker, StartFailed  # noqa: E402
from installed import DIRS, Installed  # noqa: E402
from link import Link  # noqa: E402

NOT_AUTHORIZED_OR_BAD_PASSWORD = (0x86, 0x87)
CLANG = [shutil.which(f"{name}-14") or shutil.which(name) for name in ("clang", "clang++")]


class OutOfTree:
    """Copies the example `name` out of the installed SDK and builds the copy with its own meson.build."""

    kind = "tenon.auth/1"

    @classmethod
    def setUpClass(cls):
        cls.installed = Installed("runtime", "sdk")
        cls.addClassCleanup(cls.installed.remove)
        cls.home = pathlib.Path(tempfile.mkdtemp(prefix="acme-plugin-"))
        cls.addClassCleanup(shutil.rmtree, cls.home, ignore_errors=True)
        cls.source = cls.home / cls.name
        shutil.copytree(cls.installed.dir("datadir") / "tenon/sdk/examples" / cls.name, cls.source)
        cls.run_there("meson", "setup", "build")
        cls.run_there("ninja", "-C", "build")
        cls.plugin = cls.source / "build" / f"{cls.name}.so"

    @classmethod
    def run_there(cls, *command):
        """Runs a command in the copy of the example; what it wrote."""
        done = subprocess.run(command, cwd=cls.source, env=cls.installed.environment(), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            raise AssertionError(f"{command} failed:\n{done.stdout}")
        return done.stdout

    def broker(self, plugin=None, config=None):
        """The installed tenond with the example's own configuration."""
        folder = (plugin or self.plugin).parent
        broker = Broker(program=self.installed.dir("bindir") / "tenond",
                        vendor_dir=self.installed.dir("datadir") / "tenon/conf.d",
                        plugin_path=[str(self.installed.dir("plugin_dir")), str(folder)],
                        snippets=[self.source / f"50-{self.name}.json"], config=config)
        self.addCleanup(broker.__exit__)
        return broker

    def code(self, broker, user=None, password=None):
        """The reason code of a login."""
        link = Link(broker.port, "probe", user, password)
        link.close()
        return link.code

    def check_logins(self, broker):
        self.assertEqual(self.code(broker, "ann", "open sesame"), 0)
        for wrong in (("ann", "open sesam"), ("ann", "open sesame\0"), ("ann", ""), ("ann", None), ("bob", "open sesame"),
                      ("", ""), (None, None), ("../ann", "open sesame"), ("ann/", "open sesame")):
            with self.subTest(wrong=wrong):
                self.assertIn(self.code(broker, *wrong), NOT_AUTHORIZED_OR_BAD_PASSWORD)

    def exported(self, plugin):
        listed = subprocess.run(["nm", "-D", "--defined-only", plugin], capture_output=True, text=True, check=True)
        return [line.split()[-1] for line in listed.stdout.splitlines()]

    def test_it_exports_one_symbol(self):
        self.assertEqual(self.exported(self.plugin), ["tenon_module_v1"])

    def test_the_installed_inspect_reads_it(self):
        found = json.loads(self.run_there(self.installed.dir("bindir") / "tenon-plugin-inspect", "--json", self.plugin))
        self.assertEqual([plugin["kind"] for plugin in found["module"]["plugins"]], [self.kind])

    def test_the_installed_check_finds_no_fault(self):
        self.run_there(self.installed.dir("bindir") / "tenon-plugin-check", self.plugin, "--options", json.dumps(self.options()),
                       *(["--login", json.dumps({"username": "ann", "password": "open sesame"})] if self.kind == "tenon.auth/1" else []))

    def test_its_build_has_seen_nothing_of_the_source_tree(self):
        listed = self.run_there("ninja", "-C", "build", "-t", "deps").splitlines()
        read = {(self.source / "build" / line.strip()).resolve() for line in listed if line.startswith("    ")}
        self.assertIn(self.installed.dir("includedir") / "tenon/abi/base.h", read)
        rules = (self.source / "build/build.ninja").read_text()
        for foreign in (SOURCE, BUILD):
            self.assertEqual([path for path in read if foreign in path.parents], [])
            self.assertNotIn(str(foreign) + "/", rules)

    def test_its_install_goes_where_the_broker_looks(self):
        plan = json.loads(self.run_there("meson", "introspect", "build", "--installed"))
        # pkgconf puts the stage before a variable that is a path, the older pkg-config does not.
        places = [[str(folder / f"{self.name}.so")] for folder in (DIRS["plugin_dir"], self.installed.dir("plugin_dir"))]
        self.assertIn(list(plan.values()), places)

    @unittest.skipUnless(CLANG[1], "clang is not installed")
    def test_clang_builds_the_same(self):
        self.run_there("env", f"CC={CLANG[0]}", f"CXX={CLANG[1]}", "meson", "setup", "build-clang")
        self.run_there("ninja", "-C", "build-clang")
        self.assertEqual(self.exported(self.source / "build-clang" / f"{self.name}.so"), ["tenon_module_v1"])

    @unittest.skipUnless(shutil.which("cmake"), "cmake is not installed")
    def test_cmake_builds_the_same(self):
        self.run_there("cmake", "-S", ".", "-B", "build-cmake")
        self.run_there("cmake", "--build", "build-cmake")
        plugin = self.source / "build-cmake" / f"{self.name}.so"
        self.assertEqual(self.exported(plugin), ["tenon_module_v1"])
        self.check_work(self.broker(plugin, self.config()))

    def check_work(self, broker):
        self.check_logins(broker)

    def config(self):
        """What this machine needs beside the configuration that the example ships."""
        return None


class MinimalInC(OutOfTree, unittest.TestCase):
    name = "auth-minimal"

    def options(self):
        return {"user": "ann", "password": "open sesame"}

    def test_it_lets_in_the_right_one_only(self):
        self.check_logins(self.broker())

    @unittest.skipUnless(shutil.which("mosquitto_pub"), "mosquitto-clients is not installed")
    def test_mosquitto_pub_gets_in_with_the_right_password_only(self):
        broker = self.broker()

        def publish(password):
            return subprocess.run(["mosquitto_pub", "-p", str(broker.port), "-u", "ann", "-P", password, "-t", "a", "-m",
                                   "b", "-q", "1"], capture_output=True, timeout=30).returncode
        self.assertEqual(publish("open sesame"), 0)
        self.assertNotEqual(publish("guess"), 0)

    def test_a_compiler_alone_is_enough(self):
        """The command is that of the manual."""
        manual = (SOURCE / "docs/plugin-authors/build.md").read_text()
        command = re.search(r"^```sh\n(cc .*?)\n```$", manual, re.M | re.S)[1]
        self.run_there("sh", "-c", command)
        self.assertEqual(self.exported(self.source / "auth-minimal.so"), ["tenon_module_v1"])

    def test_an_option_that_its_schema_does_not_know_stops_the_start(self):
        with self.assertRaises(StartFailed) as caught:
            self.broker(config={"auth": {"chain": {"minimal": {"options": {"pasword": "x"}}}}})
        self.assertIn("pasword", str(caught.exception))


class DirectoryInCpp(OutOfTree, unittest.TestCase):
    name = "auth-directory"

    def users(self):
        """The directory, in which ann is the only user."""
        folder = self.home / "users"
        folder.mkdir(exist_ok=True)
        # crypt(3) of "open sesame" in the scheme of glibc ($6$), which each libcrypt knows.
        (folder / "ann").write_text("$6$tenonexample$dM/Pi7GAeYvS6PkWE.rqHqvq56JwMcLuP1eF7fk7kPEt.hkW52uPmr7aAkWbcTw3"
                                    "GlBea56KJ2JN1Amsige8C.\n")
        return folder

    def needs_crypt(self):
        if os.environ.get("TENON_SANITIZE", "none") != "none":
            self.skipTest("a sanitizer that was loaded before libcrypt, which comes with the plugin, can't call crypt_r")

    def broker(self, plugin=None, config=None):
        self.needs_crypt()
        return super().broker(plugin, config)

    def test_the_installed_check_finds_no_fault(self):
        self.needs_crypt()
        super().test_the_installed_check_finds_no_fault()

    def options(self):
        return {"path": str(self.users())}

    def config(self):
        return {"auth": {"chain": {"directory": {"options": self.options()}}}}

    def test_it_lets_in_the_right_one_only(self):
        broker = self.broker(config=self.config())
        self.check_logins(broker)
        # ann five times; four times a password was there to look at; bob's is looked up, too.
        self.assertEqual(broker.metric("tenon_plugin_lookups_total", plugin="directory"), 5)

    def test_a_user_is_kept_to_topics_of_the_own_name(self):
        ann = Link(self.broker(config=self.config()).port, "c", "ann", "open sesame")
        self.addCleanup(ann.close)
        self.assertEqual(ann.subscribe("users/ann/#"), 1)
        self.assertEqual(ann.subscribe("users/+/x"), 0x87)
        self.assertEqual(ann.subscribe("#"), 0x87)
        self.assertIn(ann.publish("users/ann/x"), (0, 0x10))
        self.assertEqual(ann.publish("users/anna/x"), 0x87)

    def test_a_look_up_that_outlives_its_deadline_denies_and_harms_nothing(self):
        users = pathlib.Path(tempfile.mkdtemp(dir=self.home))
        shutil.copy(self.users() / "ann", users)
        os.mkfifo(users / "sam")  # as a share that hangs: whoever opens it waits for a writer
        broker = self.broker(config={"auth": {"timeout_ms": 300,
                                              "chain": {"directory": {"options": {"path": str(users)}}}}})
        self.assertGreaterEqual(self.code(broker, "sam", "open sesame"), 0x80)
        # The file system recovers: the answer, to let sam in, comes when nobody waits for it any more.
        (users / "sam").write_text((users / "ann").read_text())
        self.assertEqual(self.code(broker, "ann", "open sesame"), 0)
        self.assertEqual(broker.stop(), 0)


class Balancer(OutOfTree):
    kind = "tenon.balancer/1"

    def planned(self, broker, balancer):
        """What the broker says of the balancer, once it has planned and a command of it was carried out."""
        for _ in range(4000):
            shown = json.loads(broker.get("/api/v1/balance")[1])["balancers"]
            found = next((one for one in shown if f"{one['store']}/{one['name']}" == balancer), None)
            if found and found["has_planned"] and (found["counts"]["done"] or not self.acts):
                return found
        self.fail(shown)

    def check_work(self, broker):
        self.planned(broker, self.balancer)


class PlacementInCpp(Balancer, unittest.TestCase):
    name = "balancer-placement"
    balancer = "inbox/placement"
    acts = False  # a node that is alone has nowhere to move anything to

    def options(self):
        return {"attribute": "disk", "value": "nvme"}

    def view(self):
        """Three nodes, of which two have the disk that is wanted; the range is elsewhere."""
        nodes = [{"id": f"{id:016x}", "stores": ["inbox"], "attributes": {"disk": disk}}
                 for id, disk in ((1, "hdd"), (2, "hdd"), (3, "hdd"), (4, "nvme"), (5, "nvme"))]
        ranges = [{"id": "7", "store": "inbox", "epoch": "1.1", "leader": nodes[0]["id"],
                   "voters": [node["id"] for node in nodes[:3]]}]
        file = self.home / "view.json"
        file.write_text(json.dumps({"now_ms": 100000, "nodes": nodes, "ranges": ranges}))
        return file

    def test_it_wants_what_its_readme_says(self):
        told = self.run_there(self.installed.dir("bindir") / "tenonctl", "balance", "plan", "--view", self.view(),
                              "--plugin", self.plugin, "--options", json.dumps(self.options()))
        self.assertIn("1 ranges have voters elsewhere than on disk=nvme", told)
        self.assertIn("range 7: members", told)
        self.assertNotIn("refused", told)

    def test_attributes_of_conf_d_reach_it(self):
        broker = self.broker(config={"node": {"attributes": {"disk": "nvme"}}})
        self.assertIn("0 ranges have voters elsewhere", self.planned(broker, self.balancer)["reason"])
        other = self.broker(config={"node": {"attributes": {"disk": "hdd"}}})
        self.assertIn("4 ranges have voters elsewhere", self.planned(other, self.balancer)["reason"])


class PreSplitInC(Balancer, unittest.TestCase):
    name = "balancer-pre-split"
    balancer = "retain/pre-split"
    acts = True

    def options(self):
        return {"boundaries": ["m"]}

    def test_the_boundary_of_its_configuration_is_made(self):
        broker = self.broker()
        self.planned(broker, self.balancer)
        ranges = json.loads(broker.get("/api/v1/ranges")[1])["ranges"]
        self.assertEqual([one["begin"] for one in ranges if one["store"] == "retain"], ["", "%00%01sensors%00%01"])

    def test_options_that_are_no_keys_stop_the_start(self):
        for wrong in (["%"], ["%0g"], [""], "m"):
            with self.subTest(wrong=wrong), self.assertRaises(StartFailed) as caught:
                self.broker(config={"stores": {"retain": {"balancers": {"pre-split": {"options": {"boundaries": wrong}}}}}})
            self.assertIn("boundaries", str(caught.exception))


if __name__ == "__main__":
    unittest.main()
