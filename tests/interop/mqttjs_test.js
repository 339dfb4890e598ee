// Under Node, against a broker whose port is the argument, over mqtt or the scheme behind it.
'use strict';
const { run } = require('./mqttjs_exchange');

const scheme = process.argv[3] || 'mqtt';
const host = scheme === 'mqtt' ? '127.0.0.1' : 'localhost';
const url = `${scheme}://${host}:${process.argv[2]}${scheme.startsWith('ws') ? '/mqtt' : ''}`;

run(url, [3, 4, 5], (what) => console.log(`ok ${what}`)).then(() => process.exit(0),
  (error) => { console.error(error); process.exit(1); });
setTimeout(() => { console.error('took too long'); process.exit(1); }, 60000).unref();
