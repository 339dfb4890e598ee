// mqtt.js (Debian's node-mqtt) against a broker whose port is the argument, over mqtt or the scheme behind it: QoS 0, 1 and 2, retained, will, resume, topic aliases.
'use strict';
const assert = require('assert');
const mqtt = require('mqtt');

const scheme = process.argv[3] || 'mqtt';
const host = scheme === 'mqtt' ? '127.0.0.1' : 'localhost';
const url = `${scheme}://${host}:${process.argv[2]}${scheme.startsWith('ws') ? '/mqtt' : ''}`;

function connect(options) {
  return new Promise((resolve, reject) => {
    const client = mqtt.connect(url, { reconnectPeriod: 0, ...options });
    client.got = [];
    client.waiting = [];
    client.on('message', (topic, payload, packet) => {
      const message = { topic, payload: payload.toString(), qos: packet.qos, retain: packet.retain };
      const waiter = client.waiting.shift();
      if (waiter) waiter(message); else client.got.push(message);
    });
    client.once('connect', (connack) => { client.connack = connack; resolve(client); });
    client.once('error', reject);
  });
}
const call = (client, method, ...args) => new Promise((resolve, reject) =>
  client[method](...args, (error, result) => (error ? reject(error) : resolve(result))));
const next = (client) => (client.got.length ? Promise.resolve(client.got.shift())
  : new Promise((resolve) => client.waiting.push(resolve)));

async function exchange(version) {
  const protocol = version === 3 ? { protocolId: 'MQIsdp', protocolVersion: 3 } : { protocolVersion: version };
  const sub = await connect({ ...protocol, clientId: `js-sub-${version}` });
  const pub = await connect({ ...protocol, clientId: `js-pub-${version}` });
  for (const qos of [0, 1, 2]) {
    const topic = `js/${version}/${qos}`;
    await call(sub, 'subscribe', topic, { qos });
    for (let i = 0; i < 50; ++i) await call(pub, 'publish', topic, `${i}`, { qos });
    for (let i = 0; i < 50; ++i)
      assert.deepStrictEqual(await next(sub), { topic, payload: `${i}`, qos, retain: false });
  }
  await call(pub, 'publish', `js/kept/${version}`, 'kept', { qos: 1, retain: true });
  await call(sub, 'subscribe', `js/kept/${version}`, { qos: 1 });
  assert.deepStrictEqual(await next(sub), { topic: `js/kept/${version}`, payload: 'kept', qos: 1, retain: true });

  const will = { topic: `js/will/${version}`, payload: Buffer.from('gone'), qos: 1, retain: false };
  await call(sub, 'subscribe', will.topic, { qos: 1 });
  const doomed = await connect({ ...protocol, clientId: `js-doomed-${version}`, will });
  doomed.stream.destroy();
  assert.deepStrictEqual(await next(sub), { topic: will.topic, payload: 'gone', qos: 1, retain: false });

  const stay = { ...protocol, clientId: `js-stay-${version}`, clean: false };
  if (version === 5) stay.properties = { sessionExpiryInterval: 300 };
  const first = await connect(stay);
  await call(first, 'subscribe', `js/stay/${version}`, { qos: 2 });
  await call(first, 'end', false, {});
  for (let i = 0; i < 20; ++i) await call(pub, 'publish', `js/stay/${version}`, `${i}`, { qos: 2 });
  const again = await connect(stay);
  for (let i = 0; i < 20; ++i) assert.strictEqual((await next(again)).payload, `${i}`);
  for (const client of [sub, pub, again]) await call(client, 'end', false, {});
}

// The client allows two aliases for three topics, and sees each message under its topic. Not with QoS 2: mqtt.js keeps
// such a message until PUBREL as it came, and shows it without a topic.
async function aliases() {
  const options = { protocolVersion: 5, clientId: 'js-alias', clean: false };
  const pub = await connect({ protocolVersion: 5, clientId: 'js-alias-pub' });
  for (const _ of ['new', 'resumed']) {
    const sub = await connect({ ...options, topicAliasMaximum: 2, properties: { sessionExpiryInterval: 300 } });
    let byAlias = 0;
    sub.on('packetreceive', (packet) => { byAlias += packet.cmd === 'publish' && packet.topic === '' ? 1 : 0; });
    await call(sub, 'subscribe', 'js/alias/#', { qos: 2 });
    for (let i = 0; i < 90; ++i)
      await call(pub, 'publish', `js/alias/topic/${(i >> 2) % 3}`, `${i}`, { qos: i % 2 });
    const got = [];
    for (let i = 0; i < 90; ++i) got.push(await next(sub));
    got.sort((one, other) => one.payload - other.payload);
    got.forEach((message, i) => assert.deepStrictEqual(message,
      { topic: `js/alias/topic/${(i >> 2) % 3}`, payload: `${i}`, qos: i % 2, retain: false }));
    assert.ok(byAlias > 30, `${byAlias} messages by alias`);
    await call(sub, 'end', false, {});
  }
  await call(pub, 'end', false, {});
}

(async () => {
  for (const version of [3, 4, 5]) {
    await exchange(version);
    console.log(`ok version ${version}`);
  }
  await aliases();
  console.log('ok aliases');
  process.exit(0);
})().catch((error) => { console.error(error); process.exit(1); });
setTimeout(() => { console.error('took too long'); process.exit(1); }, 60000).unref();
