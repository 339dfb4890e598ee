"""Writers and readers of retained messages."""
import asyncio

from clients.watched import WatchedClient
from judge.history import Read
from mqtt_client import ConnectionLost

EMPTY_SHARE = 0.2


async def write_all_the_time(client, topic, qos, interval_s, random):
    """One write after the other; some delete."""
    client.keep_connected()
    while not client.load.over:
        writing = asyncio.ensure_future(client.publish_and_wait(topic, qos, retain=True, empty=random.random() < EMPTY_SHARE))
        while not writing.done():
            client.lose_patience()
            await asyncio.wait([writing], timeout=0.5)
        await asyncio.sleep(interval_s)


async def read_once(load, node, topic, number, final=False):
    """By a subscriber that is new, at this node or any. None: the node did not answer."""
    client = WatchedClient(load, f"reader-{number}", per_connection=True, clean=True, expiry_s=0)
    client.wanted_node = node
    try:
        if (await client.connect()).code != 0:
            return None
        began = load.now()
        await client.subscribe_noted(topic, 1)
        await client.ping(timeout_s=5)
        read = Read(client.node.name, topic, began, client.last.number if client.last else None, final)
        load.history.reads.append(read)
        await client.disconnect(timeout_s=5)
        return read
    except (ConnectionLost, OSError, asyncio.TimeoutError):
        return None
    finally:
        client.abort()
        load.clients.remove(client)


async def read_all_the_time(load, topics, interval_s, random):
    number = 0
    while not load.over:
        await read_once(load, None, random.choice(topics), f"{id(random)}-{number}")
        number += 1
        await asyncio.sleep(interval_s)


async def read_at_all(load, topics, timeout_s):
    """When all is over: every topic at every node. What could not be read, in words."""
    deadline = load.now() + timeout_s
    for node in load.cluster.nodes:
        for topic in topics:
            while await read_once(load, node, topic, f"final-{node.name}-{topic}", final=True) is None:
                if load.now() > deadline:
                    return [f"{node.name} does not answer who asks for the retained message of {topic}"]
                await asyncio.sleep(0.2)
    return []
