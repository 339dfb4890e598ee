"""What tests over one broker have in common."""
import unittest

from broker import Broker
from mqtt_client import Client


class BrokerCase(unittest.IsolatedAsyncioTestCase):
    """A broker with `config`, and clients that are gone with the test."""
    config = {}

    def setUp(self):
        self.broker = Broker(config=self.config)
        self.addCleanup(self.broker.__exit__)
        self.clients = []

    async def asyncTearDown(self):
        for client in self.clients:
            client.abort()

    async def connected(self, client_id, **options):
        client = Client(client_id, self.broker.port, **{"expiry_s": 0, "clean": True, **options})
        self.clients.append(client)
        self.assertEqual((await client.connect()).code, 0)
        return client
