// Applies a Service, sees it come by in a watch, and waits until every connected node serves it.
//   node example.js --server HOST:PORT --ca ca.crt --token-file ci.token [--name NAME]
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';

const CALL_DEADLINE_MS = 30_000;
const WAIT_DEADLINE_MS = 60_000;

const { values: flags } = parseArgs({
  options: {
    server: { type: 'string', default: '127.0.0.1:7700' },
    ca: { type: 'string' },
    'token-file': { type: 'string' },
    name: { type: 'string', default: 'from-node' },
    namespace: { type: 'string', default: 'shop' },
    proto: { type: 'string', default: fileURLToPath(new URL('../../../proto', import.meta.url)) },
  },
});

const definition = protoLoader.loadSync('limpet/v1/management.proto', {
  includeDirs: [flags.proto],
  longs: String, // revisions have 64 bits
  enums: String,
  defaults: true,
});
const { Management } = grpc.loadPackageDefinition(definition).limpet.v1;

const management = new Management(
  flags.server,
  flags.ca
    ? grpc.credentials.createSsl(readFileSync(flags.ca))
    : grpc.credentials.createInsecure());

function metadata() {
  const result = new grpc.Metadata();
  if (flags['token-file']) {
    result.set('authorization', `Bearer ${readFileSync(flags['token-file'], 'utf8').trim()}`);
  }
  return result;
}

const within = (ms) => ({ deadline: Date.now() + ms });

function call(method, request) {
  return new Promise((resolve, reject) => {
    management[method](request, metadata(), within(CALL_DEADLINE_MS),
      (error, response) => (error ? reject(error) : resolve(response)));
  });
}

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: flags.name, namespace: flags.namespace },
  spec: { ports: [{ port: 80 }] },
};

// Everything there is comes first; then what changes. A program that lives longer keeps the last
// bookmark, and comes back with it as fromRevision.
const watch = management.Watch(
  { kind: 'Service', namespace: flags.namespace }, metadata(), within(WAIT_DEADLINE_MS));
const seen = (async () => {
  for await (const { events } of watch) {
    for (const { type, resource } of events) {
      if (resource.service.metadata.name !== flags.name) continue;
      return type;
    }
  }
})();
seen.catch(() => {}); // told below, unless the Apply fails first

try {
  const { state, results } = await call('Apply', {
    resources: [{ service }],
    options: { message: 'from Node.js' },
  });
  console.log(`applied: revision ${state.revision}, service/${flags.name} ${results[0].outcome}`);
  console.log(`watched: ${await seen} service/${flags.name}`);
  const progress = management.WaitActive(
    { revision: state.revision }, metadata(), within(WAIT_DEADLINE_MS));
  for await (const { active, connected, rejected, done } of progress) {
    for (const node of rejected) console.log(`rejected: by ${node.nodeId}`);
    if (done) console.log(`active: on ${active} of ${connected} nodes`);
  }
} catch (error) {
  console.error(`${grpc.status[error.code] ?? 'ERROR'}: ${error.details ?? error.message}`);
  process.exitCode = 1;
} finally {
  watch.on('error', () => {}); // it is cancelled by us
  watch.cancel();
  management.close();
}
