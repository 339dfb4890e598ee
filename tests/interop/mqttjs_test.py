#!/usr/bin/python3
"""Runs mqttjs_test.js under Node against a tenond of its own."""
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from broker import Broker  # noqa: E402

MODULES = "/usr/share/nodejs"


class MqttJs(unittest.TestCase):
    @unittest.skipUnless(shutil.which("node") and os.path.isdir(MODULES + "/mqtt"), "nodejs or node-mqtt is not installed")
    def test_all_versions_exchange_messages(self):
        node = "/usr/bin/node" if os.path.exists("/usr/bin/node") else "node"
        with Broker() as broker:
            done = subprocess.run([node, str(HERE / "mqttjs_test.js"), str(broker.port)], capture_output=True, text=True,
                                  timeout=90, env={**os.environ, "NODE_PATH": MODULES})
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
