"""Publishers that never stop."""
import asyncio

OUTSTANDING_MAX = 24  # beyond it, it waits


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
