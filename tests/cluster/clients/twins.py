"""Two clients with one client id, which come one after the other at different nodes."""
import asyncio
import itertools

from clients.watched import WatchedClient
from mqtt_client import ConnectionLost


async def let_in(client):
    try:
        return (await client.connect()).code == 0
    except (ConnectionLost, OSError, asyncio.TimeoutError):
        return False


async def quarrel(load, client_id, topic, random):
    """The older one goes on publishing after the newer one was let in."""
    had_session = False
    for generation in itertools.count():
        if load.over:
            break
        pair = [WatchedClient(load, client_id) for _ in range(2)]
        older, newer = pair
        for at, client in enumerate(pair):
            client.attempts = 2 * generation + at
            client.had_session = had_session
        if await let_in(older) and await let_in(newer):
            for _ in range(3):
                if older.connected:
                    older.publish_stamped(topic, 1, publisher=f"{client_id}.{generation}.older")
                if newer.connected:
                    newer.publish_stamped(topic, 1, publisher=f"{client_id}.{generation}.newer")
                await asyncio.sleep(random.uniform(0, 0.5))
        had_session = older.had_session or newer.had_session
        for client in pair:
            client.abort()
            load.clients.remove(client)
        await asyncio.sleep(random.uniform(0.5, 2))
