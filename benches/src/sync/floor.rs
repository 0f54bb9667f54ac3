//! The least the work can cost: one zstd body over HTTP, inserted into SQLite with `synchronous=FULL` in one
//! transaction. No merge, no versions, no second layer, no search, no encryption.
//!
//! Both ends are written by hand, as small as HTTP goes, so that nothing but the work is measured.

use crate::row::{RUNS, Times};
use doorstep_domain::{Doc, id::RecordId};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    error::Error,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    thread,
    time::Instant,
};
use tokio::runtime::Runtime;

type Failed = Box<dyn Error + Send + Sync>;
/// Id and text of a document.
type Document = (String, String);

/// Rows of one statement.
const ROWS_AT_ONCE: usize = 256;
const LEVEL: i32 = 3;

/// What it took.
#[derive(Default)]
pub struct Floor {
    pub push: Times,
    pub pull: Times,
    pub few_push: Times,
    pub few_pull: Times,
    /// Bytes of the body with all documents.
    pub bytes: Option<f64>,
}

/// Sends all documents to a server and on to a second database, then the first few again.
pub fn measured(docs: &[(RecordId, Doc)], few: usize) -> Result<Floor, Failed> {
    let documents = docs.iter().map(|(id, doc)| Ok((id.to_string(), serde_json::to_string(doc)?)));
    let documents = documents.collect::<Result<Vec<Document>, serde_json::Error>>()?;
    let mut floor = Floor::default();
    for _ in 0..RUNS {
        let folder = tempfile::tempdir()?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let at = listener.local_addr()?;
        let server = folder.path().join("server");
        let serving = thread::spawn(move || serve(&listener, &server, 4));
        let mut second = Database::new(&folder.path().join("second"))?;
        for (part, push, pull) in [
            (documents.as_slice(), &mut floor.push, &mut floor.pull),
            (documents.get(..few).unwrap_or(&documents), &mut floor.few_push, &mut floor.few_pull),
        ] {
            let began = Instant::now();
            let body = packed(part)?;
            floor.bytes = floor.bytes.or(Some(body.len() as f64));
            ask(at, &body)?;
            push.add(began.elapsed());
            let began = Instant::now();
            second.insert(&unpacked(&ask(at, &[])?)?)?;
            pull.add(began.elapsed());
        }
        serving.join().map_err(|_| "the floor's server broke")??;
    }
    Ok(floor)
}

fn packed(documents: &[Document]) -> Result<Vec<u8>, Failed> {
    Ok(zstd::encode_all(serde_json::to_vec(documents)?.as_slice(), LEVEL)?)
}

fn unpacked(body: &[u8]) -> Result<Vec<Document>, Failed> {
    Ok(serde_json::from_slice(&zstd::decode_all(body)?)?)
}

/// Answers so many requests: a body is stored, a request without one is answered with what the last body brought.
fn serve(listener: &TcpListener, database: &Path, requests: usize) -> Result<(), Failed> {
    let mut database = Database::new(database)?;
    let mut last = 0;
    for _ in 0..requests {
        let (mut stream, _) = listener.accept()?;
        let body = read(&mut BufReader::new(&stream))?;
        let mut answer = Vec::new();
        if body.is_empty() {
            answer = packed(&database.newest(last)?)?;
        } else {
            let documents = unpacked(&body)?;
            database.insert(&documents)?;
            last = documents.len();
        }
        write(&mut stream, "HTTP/1.1 200 OK", &answer)?;
    }
    Ok(())
}

fn ask(at: SocketAddr, body: &[u8]) -> Result<Vec<u8>, Failed> {
    let mut stream = TcpStream::connect(at)?;
    write(&mut stream, "POST / HTTP/1.1", body)?;
    read(&mut BufReader::new(stream))
}

fn write(stream: &mut TcpStream, first: &str, body: &[u8]) -> Result<(), Failed> {
    stream.write_all(format!("{first}\r\ncontent-length: {}\r\n\r\n", body.len()).as_bytes())?;
    Ok(stream.write_all(body)?)
}

fn read(stream: &mut impl BufRead) -> Result<Vec<u8>, Failed> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        match line.trim() {
            "" => break,
            line => length = line.strip_prefix("content-length: ").map_or(Ok(length), str::parse)?,
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(body)
}

struct Database {
    runtime: Runtime,
    connection: SqliteConnection,
}

impl Database {
    fn new(file: &Path) -> Result<Self, Failed> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
            .synchronous(sqlx::sqlite::SqliteSynchronous::Full)
            .disable_statement_logging();
        let connection = runtime.block_on(async {
            let mut connection = SqliteConnection::connect_with(&options).await?;
            let sql = "CREATE TABLE document (id TEXT PRIMARY KEY, doc TEXT NOT NULL)";
            sqlx::raw_sql(sql).execute(&mut connection).await?;
            Ok::<_, sqlx::Error>(connection)
        })?;
        Ok(Self { runtime, connection })
    }

    fn insert(&mut self, documents: &[Document]) -> Result<(), Failed> {
        self.runtime.block_on(async {
            let mut tx = self.connection.begin().await?;
            for chunk in documents.chunks(ROWS_AT_ONCE) {
                let rows = vec!["(?, ?)"; chunk.len()].join(", ");
                let sql = format!("INSERT OR REPLACE INTO document VALUES {rows}");
                let bind = |query, (id, doc): &Document| {
                    let query: sqlx::query::Query<'_, sqlx::Sqlite, _> = query;
                    query.bind(id.clone()).bind(doc.clone())
                };
                chunk.iter().fold(sqlx::query(AssertSqlSafe(sql)), bind).execute(&mut *tx).await?;
            }
            Ok(tx.commit().await?)
        })
    }

    fn newest(&mut self, count: usize) -> Result<Vec<Document>, Failed> {
        let sql = "SELECT id, doc FROM document ORDER BY rowid DESC LIMIT ?";
        let count = i64::try_from(count)?;
        Ok(self.runtime.block_on(sqlx::query_as(sql).bind(count).fetch_all(&mut self.connection))?)
    }
}
