// What mqtt.js (Debian's node-mqtt) exchanges with a broker, in Node and in a page: QoS 0, 1 and 2 both ways, retained, will, resume,
// reconnect, topic aliases. `run(url, versions)` throws at the first thing that is not as it must be.
'use strict';
const mqtt = require('mqtt');

const PROTOCOLS = { 3: { protocolId: 'MQIsdp', protocolVersion: 3 }, 4: { protocolVersion: 4 }, 5: { protocolVersion: 5 } };
const LARGE = 'l'.repeat(200000);

function same(seen, wanted) {
  const [one, other] = [JSON.stringify(seen), JSON.stringify(wanted)];
  if (one !== other) throw new Error(`${one.slice(0, 300)} instead of ${other.slice(0, 300)}`);
}

function connect(url, options) {
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
const once = (client, event) => new Promise((resolve) => client.once(event, resolve));

async function messages(url, version) {
  const sub = await connect(url, { ...PROTOCOLS[version], clientId: `js-sub-${version}` });
  const pub = await connect(url, { ...PROTOCOLS[version], clientId: `js-pub-${version}` });
  for (const qos of [0, 1, 2]) {
    const topic = `js/${version}/${qos}`;
    await call(sub, 'subscribe', topic, { qos });
    const payloads = [...Array(50).keys()].map(String).concat(LARGE);
    for (const payload of payloads) await call(pub, 'publish', topic, payload, { qos });
    for (const payload of payloads) same(await next(sub), { topic, payload, qos, retain: false });
  }
  await call(pub, 'publish', `js/kept/${version}`, 'kept', { qos: 1, retain: true });
  await call(sub, 'subscribe', `js/kept/${version}`, { qos: 1 });
  same(await next(sub), { topic: `js/kept/${version}`, payload: 'kept', qos: 1, retain: true });

  const will = { topic: `js/will/${version}`, payload: 'gone', qos: 1, retain: false };
  await call(sub, 'subscribe', will.topic, { qos: 1 });
  const doomed = await connect(url, { ...PROTOCOLS[version], clientId: `js-doomed-${version}`, will });
  doomed.stream.destroy();
  same(await next(sub), will);
  for (const client of [sub, pub]) await call(client, 'end', false, {});
}

const lasting = (version, options) => ({ ...PROTOCOLS[version], clean: false, ...options,
  ...(version === 5 ? { properties: { sessionExpiryInterval: 300 } } : {}) });

async function resumed(url, version) {
  const topic = `js/stay/${version}`;
  const pub = await connect(url, { ...PROTOCOLS[version], clientId: `js-stay-pub-${version}` });
  const stay = lasting(version, { clientId: `js-stay-${version}` });
  const first = await connect(url, stay);
  await call(first, 'subscribe', topic, { qos: 2 });
  await call(first, 'end', false, {});
  for (let i = 0; i < 20; ++i) await call(pub, 'publish', topic, `${i}`, { qos: 2 });
  const again = await connect(url, stay);
  for (let i = 0; i < 20; ++i) same((await next(again)).payload, `${i}`);
  for (const client of [pub, again]) await call(client, 'end', false, {});
}

// mqtt.js comes back by itself: when its link breaks, and when the broker ends it since somebody else takes its id. What it has
// published while it was away goes out then, and what came meanwhile comes in, each once.
async function reconnected(url, version) {
  const [own, others] = [`js/back/${version}/own`, `js/back/${version}/others`];
  const pub = await connect(url, { ...PROTOCOLS[version], clientId: `js-back-pub-${version}` });
  await call(pub, 'subscribe', own, { qos: 2 });
  const options = lasting(version, { clientId: `js-back-${version}`, resubscribe: false });
  // Whoever takes the id has to be in before this one is back: of two that wait, the earlier is told to come again (0x89).
  const client = await connect(url, { ...options, reconnectPeriod: 200 });
  await call(client, 'subscribe', others, { qos: 2 });
  const breaks = [() => client.stream.destroy(), () => connect(url, options), () => client.stream.destroy()];
  for (const broken of breaks) {
    const [gone, back] = [once(client, 'close'), once(client, 'connect')];
    const thief = await broken();
    await gone;
    const sent = [0, 1, 2].map((qos) => call(client, 'publish', own, `own ${qos}`, { qos }));
    const publish = async () => { for (const qos of [1, 2]) await call(pub, 'publish', others, `others ${qos}`, { qos }); };
    if (!thief) await publish();
    const connack = await back;
    if (thief) await publish(); // else they are the thief's
    if (version > 3) same(connack.sessionPresent, true);
    await Promise.all(sent);
    const seen = [await next(client), await next(client)].map((message) => message.payload);
    same(seen.sort(), ['others 1', 'others 2']);
    const heard = [await next(pub), await next(pub), await next(pub)].map((message) => message.payload);
    same(heard.sort(), ['own 0', 'own 1', 'own 2']);
  }
  for (const one of [client, pub]) await call(one, 'end', false, {});
}

// The client allows two aliases for three topics, and sees each message under its topic. Not with QoS 2: mqtt.js keeps
// such a message until PUBREL as it came, and shows it without a topic.
async function aliases(url) {
  const options = { protocolVersion: 5, clientId: 'js-alias', clean: false };
  const pub = await connect(url, { protocolVersion: 5, clientId: 'js-alias-pub' });
  for (const _ of ['new', 'resumed']) {
    const sub = await connect(url, { ...options, topicAliasMaximum: 2, properties: { sessionExpiryInterval: 300 } });
    let byAlias = 0;
    sub.on('packetreceive', (packet) => { byAlias += packet.cmd === 'publish' && packet.topic === '' ? 1 : 0; });
    await call(sub, 'subscribe', 'js/alias/#', { qos: 2 });
    for (let i = 0; i < 90; ++i)
      await call(pub, 'publish', `js/alias/topic/${(i >> 2) % 3}`, `${i}`, { qos: i % 2 });
    const got = [];
    for (let i = 0; i < 90; ++i) got.push(await next(sub));
    got.sort((one, other) => one.payload - other.payload);
    got.forEach((message, i) => same(message,
      { topic: `js/alias/topic/${(i >> 2) % 3}`, payload: `${i}`, qos: i % 2, retain: false }));
    if (byAlias <= 30) throw new Error(`${byAlias} messages by alias`);
    await call(sub, 'end', false, {});
  }
  await call(pub, 'end', false, {});
}

async function run(url, versions, done = () => {}) {
  for (const version of versions) {
    for (const [name, part] of Object.entries({ messages, resumed, reconnected })) {
      await part(url, version).catch((error) => { throw new Error(`${name}, version ${version}, ${url}: ${error}`); });
    }
    done(`version ${version}`);
  }
  await aliases(url);
  done('aliases');
}

module.exports = { run };
