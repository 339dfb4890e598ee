#!/usr/bin/python3
"""How tenond starts, and how it refuses to."""
import json
import os
import pathlib
import shutil
import socket
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from broker import BUILD, Broker, SOURCE, StartFailed, plugin_dirs, run_tenond  # noqa: E402

WRONG_CONFIGURATION = 78  # no other start will fare better


class Start(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tenon-start-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def refused(self, code=1, **kwargs):
        """What tenond writes when it refuses to start and ends with this code; one error line of its own."""
        with self.assertRaises(StartFailed) as caught:
            with Broker(**kwargs):
                pass
        self.assertEqual(caught.exception.code, code)
        lines = [json.loads(line) for line in str(caught.exception).splitlines() if line.startswith("{")]
        failures = [line for line in lines if line["event"] == "node.start_failed"]
        self.assertEqual(len(failures), 1, str(caught.exception))
        return failures[0]["message"]

    def test_a_journal_in_an_engine_that_forgets_is_refused(self):
        for config in ({"stores": {store: {"log": "volatile"} for store in ("dist", "inbox", "retain", "meta")}},
                       {"stores": {store: {"state": "volatile", "log": "volatile"}
                                   for store in ("dist", "inbox", "retain", "meta")}}):
            message = self.refused(WRONG_CONFIGURATION, config={"plugins": {"memory": {}}, "engines": {"volatile": {"plugin": "memory"}}, **config})
            self.assertIn("engine.volatile: can't hold the journal", message)
            self.assertIn("does not survive a loss of power", message)

    def plugins_with(self, name, change):
        """A plugin directory like the built one, in which `change` is done to the file `name`."""
        folder = self.dir / "plugins"
        folder.mkdir(mode=0o755)
        for directory in plugin_dirs():
            for module in pathlib.Path(directory).glob("*.so"):
                shutil.copy(module, folder / module.name)
        change(folder / name)
        return [str(folder)]

    def test_shipped_configuration_is_valid(self):
        code, out, err = run_tenond(["--vendor-dir", str(SOURCE / "conf.d"), "--conf-dir", str(self.dir), "--check"])
        self.assertEqual((code, err), (0, ""), out)

    def test_unknown_key_is_named_with_its_place_and_the_nearest_one(self):
        (self.dir / "10-x.json").write_text('{\n  "node": {"worker": 2}\n}\n')
        code, _, err = run_tenond(["--vendor-dir", str(SOURCE / "conf.d"), "--conf-dir", str(self.dir), "--check"])
        self.assertEqual(code, 78)
        self.assertIn(f"{self.dir}/10-x.json:2", err)
        self.assertIn("node.worker", err)
        self.assertIn("workers", err)

    def test_a_token_in_a_file_that_everybody_reads_is_warned_of(self):
        self.dir.chmod(0o755)
        file = self.dir / "50-cluster.json"
        file.write_text('{\n  "cluster": {"token": "geheim"}\n}\n')
        for mode, is_warned in ((0o644, True), (0o640, False)):
            file.chmod(mode)
            code, out, err = run_tenond(["--vendor-dir", str(SOURCE / "conf.d"), "--conf-dir", str(self.dir), "--check"])
            self.assertEqual(code, 0, out + err)
            self.assertEqual(f"tenond: warning: {file}:2: cluster.token: " in err, is_warned, err)
            self.assertNotIn("geheim", out + err)

    def test_print_config_names_the_origin_of_each_value(self):
        (self.dir / "10-x.json").write_text('{\n  "node": {"workers": 3}\n}\n')
        code, out, _ = run_tenond(["--vendor-dir", str(SOURCE / "conf.d"), "--conf-dir", str(self.dir), "--set",
                                   "log.level=debug", "--print-config"], env={"TENON_SHUTDOWN__TIMEOUT_S": "9"})
        self.assertEqual(code, 0)
        rows = {line.split(" = ")[0]: line for line in out.splitlines()}
        self.assertIn("10-x.json:2", rows["node.workers"])
        self.assertIn("--set", rows["log.level"])
        self.assertIn("TENON_SHUTDOWN__TIMEOUT_S", rows["shutdown.timeout_s"])

    def test_missing_plugin_file_stops_the_start(self):
        message = self.refused(WRONG_CONFIGURATION,
                               plugin_path=self.plugins_with("transport-tcp.so", lambda file: file.unlink()))
        self.assertIn("transport-tcp.so", message)

    def test_file_that_is_no_library_stops_the_start(self):
        def break_it(file):
            file.write_text("not a library")
        message = self.refused(WRONG_CONFIGURATION, plugin_path=self.plugins_with("transport-tcp.so", break_it))
        self.assertIn("transport-tcp.so", message)

    def test_truncated_plugin_stops_the_start(self):
        message = self.refused(plugin_path=self.plugins_with(
            "transport-tcp.so", lambda file: os.truncate(file, file.stat().st_size // 2)))
        self.assertIn("transport-tcp.so", message)

    def test_plugin_that_others_may_write_stops_the_start(self):
        message = self.refused(plugin_path=self.plugins_with("transport-tcp.so", lambda file: file.chmod(0o777)))
        self.assertIn("transport-tcp.so", message)
        self.assertIn("writable", message)

    def test_options_that_a_plugin_refuses_end_the_start_as_a_wrong_configuration(self):
        for options, said in (({"backlok": 5}, "backlok"), ({"unix_mode": "rw"}, "unix_mode")):
            message = self.refused(WRONG_CONFIGURATION, config={"plugins": {"tcp": {"options": options}}})
            self.assertIn(said, message)

    def test_a_file_of_a_plugin_may_be_there_at_the_next_start(self):
        missing = str(self.dir / "certificate.pem")
        message = self.refused(1, config={"listeners": {"default": {"stack": ["tcp", "tls"]}},
                                          "plugins": {"tls": {"options": {"certificate": missing, "key": missing}}}})
        self.assertIn(missing, message)

    def test_plugin_that_conf_d_does_not_name_is_not_loaded(self):
        # Broken, but nobody asks for it.
        path = self.plugins_with("auth-file.so", lambda file: file.write_text("not a library"))
        with Broker(plugin_path=path) as broker:
            _, body = broker.get("/api/v1/status")
            self.assertNotIn("file", [plugin["name"] for plugin in json.loads(body)["plugins"]])

    def test_second_broker_on_the_same_data_directory_is_refused(self):
        with Broker() as broker:
            message = self.refused(data_dir=broker.data_dir)
            self.assertIn(str(broker.data_dir), message)

    def test_address_in_use_is_named(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            message = self.refused(config={"listeners": {"default": {"port": port}}})
            self.assertIn("default", message)
            self.assertIn(str(port), message)

    def test_listens_on_a_unix_socket_and_on_ipv6(self):
        path = str(self.dir / "mqtt.sock")
        with Broker(config={"listeners": {"local": {"bind": "unix:" + path}, "six": {"bind": "::1", "port": 0}}}) as broker:
            broker.wait_for_event("listener.opened", listener="local")
            port = int(broker.wait_for_event("listener.opened", listener="six")["fields"]["port"])
            connect = bytes.fromhex("100d00044d5154540402003c000161")
            for family, address in ((socket.AF_UNIX, path), (socket.AF_INET6, ("::1", port))):
                with socket.socket(family) as link:
                    link.settimeout(10)
                    link.connect(address)
                    link.sendall(connect)
                    self.assertEqual(link.recv(4), b"\x20\x02\x00\x00")

    def test_binary_needs_neither_openssl_nor_sqlite(self):
        import subprocess
        needed = subprocess.run(["ldd", str(BUILD / "core/bin/tenond")], capture_output=True, text=True, check=True).stdout
        for library in ("libssl", "libcrypto", "libsqlite3", "librocksdb", "libspdlog", "libfmt", "libboost"):
            self.assertNotIn(library, needed)


class Stop(unittest.TestCase):
    def test_sigterm_ends_with_exit_code_0(self):
        with Broker() as broker:
            self.assertEqual(broker.stop(), 0)
            self.assertTrue([e for e in broker.events() if e["event"] == "node.stopped"], broker.log)

    def test_client_that_does_not_read_does_not_hold_the_stop_up(self):
        with Broker(config={"shutdown": {"timeout_s": 5}}) as broker:
            with socket.create_connection(("127.0.0.1", broker.port)) as link:
                link.sendall(bytes.fromhex("100d00044d5154540402003c000161"))
                self.assertEqual(link.recv(4), b"\x20\x02\x00\x00")
                self.assertEqual(broker.stop(timeout_s=20), 0)

    def test_node_id_survives_kill_9(self):
        with Broker() as broker:
            first = broker.wait_for_event("node.started")["fields"]["node_id"]
            broker.process.kill()
            broker.process.wait()
            broker.process.stderr.close()
            broker.start()
            self.assertEqual(broker.wait_for_event("node.started")["fields"]["node_id"], first)


if __name__ == "__main__":
    unittest.main()
