"""Writers and readers of retained messages."""
import asyncio

from clients.watched import WatchedClient
from judge.history import Read, Reading
from mqtt_client import ConnectionLost

EMPTY_SHARE = 0.2


async def write_all_the_time(client, topics, qos, interval_s, random, expiry_s=None):
    """One write after the other, to any of the topics; some delete."""
    client.keep_connected()
    while not client.load.over:
        empty = random.random() < EMPTY_SHARE
        writing = asyncio.ensure_future(client.publish_and_wait(random.choice(topics), qos, retain=True, empty=empty, expiry_s=expiry_s))
        while not writing.done():
            client.lose_patience()
            await asyncio.wait([writing], timeout=0.5)
        await asyncio.sleep(interval_s)


async def _read(load, node, topic_filter, number, told):
    """What told(client, began, answered, at) makes of the answer to a subscriber that is new, at this node or any; deliveries from `at` on came behind it. None:
    the node did not answer."""
    client = WatchedClient(load, f"reader-{number}", per_connection=True, clean=True, expiry_s=0)
    client.wanted_node = node
    try:
        if (await client.connect()).code != 0:
            return None
        began, at = load.now(), len(load.history.deliveries)
        await client.subscribe_noted(topic_filter, 1)
        answered = load.now()
        await client.ping(timeout_s=5)
        read = told(client, began, answered, at)
        await client.disconnect(timeout_s=5)
        return read
    except (ConnectionLost, OSError, asyncio.TimeoutError):
        return None
    finally:
        client.abort()
        load.clients.remove(client)


async def read_once(load, node, topic, number, final=False):
    """Of one topic. None: the node did not answer."""
    def told(client, began, answered, _at):
        read = Read(client.node.name, topic, began, answered, client.last.number if client.last else None, final, client.last_is_live)
        load.history.reads.append(read)
        return read

    return await _read(load, node, topic, number, told)


async def read_many(load, node, topic_filter, number, final=False):
    """As read_once(), of all that match."""
    def told(client, began, answered, at):
        stamps = tuple(one.stamp for one in load.history.deliveries[at:] if one.client == client.name and one.retain)
        reading = Reading(client.node.name, topic_filter, began, answered, stamps, final)
        load.history.readings.append(reading)
        return reading

    return await _read(load, node, topic_filter, number, told)


async def read_all_the_time(load, topics, filters, interval_s, random):
    number = 0
    while not load.over:
        await read_once(load, None, random.choice(topics), f"{id(random)}-{number}")
        await read_many(load, None, random.choice(filters), f"{id(random)}-{number}-many")
        number += 1
        await asyncio.sleep(interval_s)


async def read_at_all(load, topics, filters, timeout_s):
    """When all is over: every topic and filter at every node for clients. What could not be read, in words."""
    deadline = load.now() + timeout_s
    for node in load.nodes_for_clients():
        for read, what in [(read_once, topic) for topic in topics] + [(read_many, topic_filter) for topic_filter in filters]:
            while await read(load, node, what, f"final-{node.name}-{what}", final=True) is None:
                if load.now() > deadline:
                    return [f"{node.name} does not answer who asks for the retained messages of {what}"]
                await asyncio.sleep(0.2)
    return []
