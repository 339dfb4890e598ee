// MQTT 5.0 over the browser's own WebSocket, in a page: QoS 0 and 1 both ways, a retained message, a large one. Posts "ok" or what went
// wrong to /done.
'use strict';

const utf8 = new TextEncoder();

function text(value) {
  const bytes = utf8.encode(value);
  return [bytes.length >> 8, bytes.length & 255, ...bytes];
}

function packet(first, body) {
  const size = [];
  let left = body.length;
  do {
    size.push((left & 127) | (left > 127 ? 128 : 0));
    left >>= 7;
  } while (left > 0);
  return Uint8Array.from([first, ...size, ...body]);
}

// Packets as they come, however they are cut.
class Link {
  constructor(url) {
    this.bytes = new Uint8Array(0);
    this.wake = () => {};
    this.socket = new WebSocket(url, ['mqtt']);
    this.socket.binaryType = 'arraybuffer';
    this.opened = new Promise((resolve, reject) => {
      this.socket.onopen = resolve;
      this.socket.onerror = () => reject(new Error(`no connection to ${url}`));
    });
    this.closed = new Promise((resolve) => { this.socket.onclose = resolve; });
    this.socket.onmessage = (event) => {
      const more = new Uint8Array(event.data);
      const all = new Uint8Array(this.bytes.length + more.length);
      all.set(this.bytes);
      all.set(more, this.bytes.length);
      this.bytes = all;
      this.wake();
    };
  }

  send(first, body) { this.socket.send(packet(first, body)); }

  async read() {
    for (;;) {
      let length = 0;
      for (let i = 1; i < Math.min(this.bytes.length, 5); ++i) {
        length |= (this.bytes[i] & 127) << (7 * (i - 1));
        if (this.bytes[i] > 127) continue;
        if (this.bytes.length < i + 1 + length) break;
        const found = { first: this.bytes[0], body: this.bytes.slice(i + 1, i + 1 + length) };
        this.bytes = this.bytes.slice(i + 1 + length);
        return found;
      }
      await new Promise((resolve) => { this.wake = resolve; });
    }
  }

  async expect(first) {
    const found = await this.read();
    if ((found.first & 0xF0) !== (first & 0xF0)) throw new Error(`packet ${found.first} instead of ${first}`);
    return found.body;
  }
}

async function exchange(url, topic) {
  const link = new Link(url);
  await link.opened;
  if (link.socket.protocol !== 'mqtt') throw new Error(`subprotocol "${link.socket.protocol}"`);
  link.send(0x10, [...text('MQTT'), 5, 2, 0, 60, 0, ...text(`page-${topic}`)]);
  if ((await link.expect(0x20))[1] !== 0) throw new Error('CONNECT was refused');
  link.send(0x82, [0, 1, 0, ...text(`${topic}/#`), 1]);
  if ((await link.expect(0x90))[3] !== 1) throw new Error('SUBSCRIBE was refused');
  const payloads = ['small', 'l'.repeat(200000)];
  for (const payload of payloads) {
    link.send(0x30, [...text(`${topic}/0`), 0, ...utf8.encode(payload)]);
    const got = await link.expect(0x30);
    if (got.length !== 2 + topic.length + 2 + 1 + payload.length) throw new Error(`${got.length} bytes came`);
  }
  link.send(0x33, [...text(`${topic}/1`), 0, 7, 0, ...utf8.encode('kept')]);
  const seen = [await link.read(), await link.read()].map((one) => one.first >> 4).sort();
  if (seen.join() !== '3,4') throw new Error(`packets ${seen} instead of PUBLISH and PUBACK`);
  link.send(0xC0, []);
  await link.expect(0xD0);
  link.send(0xE0, []);
  const end = await link.closed;
  if (!end.wasClean) throw new Error(`closed with ${end.code}`);
}

(async () => {
  const urls = new URLSearchParams(location.search).getAll('url');
  let said = 'ok';
  try {
    for (const [i, url] of urls.entries()) await exchange(url, `page${i}`);
  } catch (error) {
    said = String(error);
  }
  await fetch('/done', { method: 'POST', body: said });
})();
