"""Publishers of several kinds."""
import asyncio

from clients.watched import WatchedClient
from mqtt_client import ConnectionLost

OUTSTANDING_MAX = 24  # beyond it, it waits
FORGOTTEN_S = 3600  # a session that nobody comes back to
PATIENCE_S = 25  # longer than a node may take to answer


async def publish_all_the_time(client, topics, interval_s, expiry_s=None):
    """To one (topic, QoS) after the other, until the load is over."""
    client.keep_connected()
    at = 0
    while not client.load.over:
        client.lose_patience()
        if client.connected and len(client.outstanding) < OUTSTANDING_MAX:
            topic, qos = topics[at % len(topics)]
            client.publish_stamped(topic, qos, expiry_s=expiry_s)
            at += 1
        await asyncio.sleep(interval_s)


async def acknowledge_all(client):
    """Behind the end of the load: until all that it published is answered."""
    while client.outstanding:
        client.lose_patience()
        await asyncio.sleep(0.1)


async def publish_and_forget(load, client_id, topics, random):
    """Always a new client, with a session, which is gone right behind its PUBLISH: nobody knows what becomes of that."""
    number = 0
    while not load.over:
        client = WatchedClient(load, f"{client_id}-{number}", expiry_s=FORGOTTEN_S)
        number += 1
        try:
            if (await client.connect()).code == 0:
                client.publish_stamped(*random.choice(topics))
                await asyncio.sleep(random.choice((0, random.uniform(0, 0.02))))
        except (ConnectionLost, OSError, asyncio.TimeoutError):
            pass
        client.abort()
        load.clients.remove(client)
        await asyncio.sleep(random.uniform(0.1, 0.6))


async def wait_at(load, node, client_id, topic, qos, random):
    """Stays with one node: is let in, publishes and leaves, and waits each time until the node says what it makes of it. Each time another session, which it takes
    back."""
    number = 0
    while not load.over:
        client = WatchedClient(load, f"{client_id}-{number}", patient=True, expiry_s=FORGOTTEN_S)
        client.wanted_node = node
        number += 1
        try:
            if node.alive and node.serves and (await client.connect(timeout_s=PATIENCE_S)).code == 0:
                await publish_in_turn(client, topic, qos)
                await client.disconnect(expiry_s=0, timeout_s=PATIENCE_S)
        except (ConnectionLost, OSError, asyncio.TimeoutError):
            pass
        client.abort()
        load.clients.remove(client)
        await asyncio.sleep(random.uniform(0.2, 1))


async def publish_in_turn(client, topic, qos):
    """A few, one behind the other; less when the connection ends."""
    for _ in range(4):
        lost = asyncio.ensure_future(client._closed.wait())
        answer = asyncio.ensure_future(client.publish_and_wait(topic, qos))
        await asyncio.wait([lost, answer], timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
        for one in (lost, answer):
            one.cancel()
        if not answer.done() or not client.connected:
            return
        await asyncio.sleep(0.3)
