// The vendor's own package @wecom/crypto, asked over standard input and output.
//   node wecom_peer.cjs encrypt   [{message, id}]                     -> [{encrypt, timestamp, nonce, signature}]
//   node wecom_peer.cjs decrypt   [{encrypt, timestamp, nonce}]       -> [{message, id, signature}]
// Found through NODE_PATH; token and key come in WECOM_TOKEN and WECOM_AES_KEY.
'use strict';
const { readFileSync } = require('node:fs');
const vendor = require('@wecom/crypto');

const { WECOM_TOKEN: token, WECOM_AES_KEY: key } = process.env;
const sign = (row) => vendor.getSignature(token, row.timestamp, row.nonce, row.encrypt);

const verbs = {
  encrypt: ({ message, id }, n) => {
    const row = { encrypt: vendor.encrypt(key, message, id), timestamp: String(1795305611 + n), nonce: `n${n}` };
    return { ...row, signature: sign(row) };
  },
  decrypt: (row) => {
    const { message, id } = vendor.decrypt(key, row.encrypt);
    return { message, id, signature: sign(row) };
  },
};

const rows = JSON.parse(readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(rows.map(verbs[process.argv[2]])));
