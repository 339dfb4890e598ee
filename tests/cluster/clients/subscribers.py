"""Subscribers of several kinds."""
import asyncio

from mqtt_client import ConnectionLost

LOOK_S = 2.0
LONG_ENOUGH_S = 12


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


async def ask_again(client, topics, random):
    """Without a session: subscribes to one topic, and to the same again and again, so that its retained message comes with what comes live."""
    while not client.load.over:
        try:
            await client.connect_again()
            topic = random.choice(topics)
            for _ in range(random.randint(2, 8)):
                await client.subscribe_noted(topic, 1)
                await asyncio.sleep(random.uniform(0, 0.3))
        except (ConnectionLost, asyncio.TimeoutError):
            pass
        await break_off(client)


async def pass_away(client, topic, random):
    """Has a session that ends some seconds behind its connection, and is away for shorter and for longer than that, until the load is over; then it
    comes once more, is away for longer, and looks whether the session has gone."""
    load = client.load
    while not load.over:
        await live_for_a_while(client, topic, random)
        await random.choice((part, break_off, slip_away))(client)
        await away(load, random.uniform(0, client.expiry_s * 0.9) if random.random() < 0.6 else client.expiry_s + random.uniform(5, 45))
    await live_for_a_while(client, topic, random)
    await part(client)
    await asyncio.sleep(client.expiry_s + LONG_ENOUGH_S)
    await live_for_a_while(client, topic, random)
    await part(client)


async def live_for_a_while(client, topic, random):
    await client.connect_again()
    try:
        await client.subscribe_noted(topic, 1)
        await asyncio.sleep(random.choice((0, random.uniform(0, 2))))
        if client.connected:
            await client.subscribe_noted(topic, 1)
    except (ConnectionLost, asyncio.TimeoutError):
        pass


async def away(load, seconds):
    """No longer than the load takes."""
    try:
        await asyncio.wait_for(load.ended.wait(), seconds)
    except asyncio.TimeoutError:
        pass
