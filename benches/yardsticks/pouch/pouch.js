// pouch.js DOCUMENTS CHANGES FOLDER RUNS: replicates the documents from one PouchDB to a server and on to a second
// PouchDB, then a few changes the same way, each on disk. DOCUMENTS is a file with a JSON array; the first CHANGES of
// them change. The server is a process of its own.
//
// Prints {push_ms: […], pull_ms: […], few_push_ms: […], few_pull_ms: […], bytes_up: N, bytes_down: N}.

const { fork } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const PouchDB = require("pouchdb");

const BATCH = 1000;

/** Serves databases below `folder`, and says what went over the line when asked. */
function serve(folder) {
  const express = require("express");
  const At = PouchDB.defaults({ prefix: folder + path.sep });
  const app = express();
  const kept = { inMemoryConfig: true, logPath: path.join(folder, "log") };
  app.use("/", require("express-pouchdb")(At, { mode: "minimumForPouchDB", ...kept }));
  const line = { up: 0, down: 0 };
  const server = app.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
  server.on("connection", (socket) => {
    let seen = { up: 0, down: 0 };
    const note = () => {
      line.up += socket.bytesRead - seen.up;
      line.down += socket.bytesWritten - seen.down;
      seen = { up: socket.bytesRead, down: socket.bytesWritten };
    };
    sockets.add(note);
    socket.on("close", () => (note(), sockets.delete(note)));
  });
  const sockets = new Set();
  process.on("message", () => {
    for (const note of sockets) note();
    process.send({ line: { ...line } });
  });
}

function next(child) {
  return new Promise((resolve, reject) => {
    child.once("message", resolve);
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
  });
}

async function timed(work) {
  const began = process.hrtime.bigint();
  const done = await work();
  if (done.errors && done.errors.length > 0) throw new Error(JSON.stringify(done.errors[0]));
  return Number(process.hrtime.bigint() - began) / 1e6;
}

async function run(documents, changes, folder, found) {
  fs.mkdirSync(path.join(folder, "server"), { recursive: true });
  const child = fork(__filename, ["serve", path.join(folder, "server")], { execArgv: [] });
  const { port } = await next(child);
  const line = async () => {
    child.send("line");
    return (await next(child)).line;
  };
  const remote = `http://127.0.0.1:${port}/visits`;
  const [one, two] = ["one", "two"].map((name) => new PouchDB(path.join(folder, name)));
  const there = new PouchDB(remote);
  const options = { batch_size: BATCH };
  await there.info();
  await one.bulkDocs(documents);
  const before = await line();
  found.push_ms.push(await timed(() => PouchDB.replicate(one, there, options)));
  const between = await line();
  found.pull_ms.push(await timed(() => PouchDB.replicate(there, two, options)));
  const after = await line();
  found.bytes_up = between.up - before.up;
  found.bytes_down = after.down - between.down;
  const { rows } = await one.allDocs({ include_docs: true, limit: changes });
  await one.bulkDocs(rows.map((row) => ({ ...row.doc, remark: "改" })));
  found.few_push_ms.push(await timed(() => PouchDB.replicate(one, there, options)));
  found.few_pull_ms.push(await timed(() => PouchDB.replicate(there, two, options)));
  const count = (await two.info()).doc_count;
  if (count !== documents.length) throw new Error(`${count} of ${documents.length} documents came through`);
  await Promise.all([one.close(), two.close()]);
  child.removeAllListeners("exit");
  child.kill();
}

async function main([file, changes, folder, runs]) {
  const documents = JSON.parse(fs.readFileSync(file, "utf8"));
  const found = { push_ms: [], pull_ms: [], few_push_ms: [], few_pull_ms: [], bytes_up: 0, bytes_down: 0 };
  for (let n = 0; n < Number(runs); n++) {
    const place = fs.mkdtempSync(path.join(folder, "run-"));
    await run(documents, Number(changes), place, found);
    fs.rmSync(place, { recursive: true, force: true });
  }
  console.log(JSON.stringify(found));
}

const [verb, ...rest] = process.argv.slice(2);
if (verb === "serve") {
  serve(rest[0]);
} else {
  main([verb, ...rest]).catch((error) => {
    console.error(error);
    process.exit(1);
  });
}
