"""Clients with wills, and how often each will may come."""
import asyncio

from judge.history import Armed
from mqtt_client import CONTENT_TYPE, CORRELATION, MESSAGE_EXPIRY, PAYLOAD_FORMAT, RESPONSE_TOPIC, USER, ConnectionLost, Will

DELAY_S = 3600  # longer than any run
LASTS_S = 86400  # a will's message, longer than that


def properties(stamp, random):
    """Some of those that a will may have, with values of this will alone."""
    number = stamp.number
    every = [(PAYLOAD_FORMAT, 1), (MESSAGE_EXPIRY, LASTS_S), (CONTENT_TYPE, f"text/{number}"), (RESPONSE_TOPIC, f"answers/{number}"),
             (CORRELATION, f"{stamp.publisher} {number}"), (USER, ("one", f"{number}")), (USER, ("one", "again")), (USER, ("", "empty"))]
    return tuple(one for one in every if random.random() < 0.6)


def as_read(values):
    """As a receiver sees them; see read_properties()."""
    found = {}
    for number, value in values:
        if number == USER:
            found.setdefault(number, []).append(tuple(part.encode() for part in value))
        else:
            found[number] = value.encode() if isinstance(value, str) else value
    return found


def arm(client, random, delay_s):
    """The will of the next CONNECT."""
    stamp = client.next_stamp(f"will/{client.client_id}")
    given = properties(stamp, random)
    armed = client.history.wills[stamp] = Armed(stamp, retain=random.random() < 0.5, properties=as_read(given))
    if delay_s:
        armed.most = 0  # it comes back before that
    client.will = Will(stamp.topic, stamp.payload().decode(), armed.qos, armed.retain, delay_s, given)
    return armed


async def one_life(client, random, delay_s):
    """One connection with one will, from its beginning to its end."""
    armed = arm(client, random, delay_s)
    try:
        if (await client.connect()).code != 0:
            raise ConnectionLost(client.client_id)
    except (ConnectionLost, OSError, asyncio.TimeoutError):
        armed.note = f"not known to be let in, {client.load.since_start():.1f} s"
        if client._connection:
            client.abort()
            await client._closed.wait()
        return await asyncio.sleep(0.2)  # it may have been let in, and has died then
    armed.note = f"let in at {client.node.name}, {client.load.since_start():.1f} s"
    lives_s = random.uniform(1, 8)
    try:
        await asyncio.wait_for(client._closed.wait(), lives_s)
    except asyncio.TimeoutError:
        pass
    if delay_s == 0:
        armed.least = 1
    kind = random.choice(("part", "break off", "slip away"))
    armed.note += f"; {kind if client.connected else 'closed'}, {client.load.since_start():.1f} s"
    if not client.connected:
        return
    if kind == "part":
        await end_in_peace(client, armed)
    elif kind == "break off":
        client.abort()
        await client._closed.wait()
    else:
        client.leave()


async def end_in_peace(client, armed):
    """With a DISCONNECT. Whether the broker took it is certain only while nothing disturbs it."""
    armed.least = 0
    calm = client.load.calm
    try:
        await client.disconnect(timeout_s=5)
    except (ConnectionLost, asyncio.TimeoutError):
        calm = False
        client.abort()
    if calm and client.load.calm:
        armed.most = 0


async def live_and_die(client, random, delay_s=0):
    """Again and again, until the load is over; the last life ends in peace."""
    while not client.load.over:
        await one_life(client, random, delay_s)
    await client.load.ended.wait()
    while True:
        armed = arm(client, random, delay_s)
        try:
            if (await client.connect()).code == 0:
                return await end_in_peace(client, armed)
        except (ConnectionLost, OSError, asyncio.TimeoutError):
            if client._connection:
                client.abort()
                await client._closed.wait()
        await asyncio.sleep(0.2)
