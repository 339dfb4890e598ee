"""Subscribers of several kinds."""
import asyncio

from mqtt_client import ConnectionLost

LOOK_S = 2.0


async def stay(client):
    """Stays connected, and goes elsewhere when its node says nothing. To the end of the load's drain."""
    if not client.keeps_connected:
        client.keep_connected()
    while not client.load.drained:
        client.lose_patience()
        asyncio.ensure_future(client.look_alive())
        await asyncio.sleep(LOOK_S)


async def roam(client, random):
    """Comes and goes in all ways, each time to another node, until the load is over; then it stays."""
    while not client.load.over:
        await client.connect_again()
        await asyncio.sleep(random.uniform(0.5, 6))
        await random.choice((part, break_off, slip_away))(client)
        await asyncio.sleep(random.choice((0, 0, random.uniform(0, 4))))
    await stay(client)


async def part(client):
    try:
        await client.disconnect(timeout_s=5)
    except (ConnectionLost, asyncio.TimeoutError):
        client.abort()
        await client._closed.wait()


async def break_off(client):
    if client.connected:
        client.abort()
        await client._closed.wait()


async def slip_away(client):
    """The broker does not hear of it."""
    if client.connected:
        client.leave()


async def come_at_the_end(client):
    """Is away until the load is over."""
    await part(client)
    await client.load.ended.wait()
    await stay(client)


async def change(client, filters, random):
    """Subscribes to one filter or another, with one QoS or another, and takes it back, until the load is over; then it stays."""
    client.keep_connected()
    while not client.load.over:
        client.lose_patience()
        if client.connected:
            await change_once(client, random.choice(filters), random.choice((1, 2, None)))
        await asyncio.sleep(random.uniform(0, 0.5))
    await stay(client)


async def change_once(client, topic_filter, qos):
    try:
        if qos is None:
            await client.unsubscribe_noted(topic_filter)
        else:
            await client.subscribe_noted(topic_filter, qos)
    except (ConnectionLost, asyncio.TimeoutError):
        if client.connected:
            client.leave()


async def without_session(client, topic_filter, qos):
    """Subscribes anew on each connection."""
    while not client.load.drained:
        try:
            if not client.connected:
                await client.connect_again()
                await client.subscribe_noted(topic_filter, qos)
        except (ConnectionLost, asyncio.TimeoutError):
            client.abort()
            await client._closed.wait()
            continue
        client.lose_patience()
        asyncio.ensure_future(client.look_alive())
        await asyncio.sleep(LOOK_S)
