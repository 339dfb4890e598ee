// In a page: mqtt.js over the browser's own WebSocket, to each url of the query. Posts "ok" or what went wrong to /done.
'use strict';
const { run } = require('./mqttjs_exchange');

// Tells apart a page that runs mqtt.js for Node, or a stub of WebSocket.
const sockets = [];
const Native = window.WebSocket;
window.WebSocket = class extends Native {
  constructor(...args) {
    super(...args);
    sockets.push({ asked: args[1], socket: this });
  }
};

(async () => {
  let said = 'ok';
  try {
    for (const url of new URLSearchParams(location.search).getAll('url')) {
      sockets.length = 0;
      await run(url, [3, 4, 5]);
      for (const { asked, socket } of sockets)
        if (socket.protocol !== asked[0]) throw new Error(`subprotocol "${socket.protocol}" of "${asked}"`);
      if (!sockets.length) throw new Error('no WebSocket of the page was used');
    }
  } catch (error) {
    said = String(error);
  }
  await fetch('/done', { method: 'POST', body: said });
})();
