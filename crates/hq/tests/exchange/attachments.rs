//! Bytes of attachments: resumed, checked, and only for those who hold the record.

use super::{
    house::{House, Laptop, accepted, id, random},
    scope::{dispatch, new},
};
use doorstep_domain::{Code, Kind, seal};
use doorstep_wire::{ErrorBody, Missing, MissingAsk, UPLOAD_LENGTH, UPLOAD_OFFSET, limits::Limits, path};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};

pub fn photo(bytes: usize) -> (Vec<u8>, String) {
    let seed = random::<8>();
    let content: Vec<u8> = (0..bytes).map(|n| seed[n % 8] ^ u8::try_from(n % 251).unwrap()).collect();
    let hash = seal::hash(&content);
    (content, hash)
}

pub async fn name(laptop: &mut Laptop, hash: &str, bytes: usize) {
    let branch = Value::from(laptop.enrolled.branch_id.to_string());
    let fields = [("branch_id", branch, 0), ("hash", hash.into(), 0), ("bytes", bytes.into(), 0)];
    let op = laptop.op(Kind::ATTACHMENT, id(), &fields);
    accepted(&laptop.push_one(&op).await);
}

fn request(laptop: &Laptop, method: Method, hash: &str) -> RequestBuilder {
    let url = format!("{}{}", laptop.base, path::attachment(hash));
    Client::new().request(method, url).bearer_auth(&laptop.enrolled.token)
}

fn number(answer: &Response, header: &str) -> Option<u64> {
    answer.headers().get(header).map(|v| v.to_str().unwrap().parse().unwrap())
}

pub async fn have(laptop: &Laptop, hash: &str) -> (Option<u64>, Option<u64>) {
    let answer = request(laptop, Method::HEAD, hash).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    (number(&answer, UPLOAD_OFFSET), number(&answer, UPLOAD_LENGTH))
}

pub async fn send(laptop: &Laptop, hash: &str, offset: u64, length: usize, chunk: &[u8]) -> Response {
    request(laptop, Method::PATCH, hash)
        .header(UPLOAD_OFFSET, offset)
        .header(UPLOAD_LENGTH, length)
        .body(chunk.to_vec())
        .send()
        .await
        .unwrap()
}

pub async fn get(laptop: &Laptop, hash: &str, range: Option<&str>) -> Response {
    let mut asked = request(laptop, Method::GET, hash);
    if let Some(range) = range {
        asked = asked.header("range", range);
    }
    asked.send().await.unwrap()
}

async fn code(answer: Response) -> Code {
    serde_json::from_slice::<ErrorBody>(&answer.bytes().await.unwrap()).unwrap().code
}

#[tokio::test]
async fn an_upload_goes_on_where_it_stopped_also_after_a_restart() {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    let (content, hash) = photo(10_000);
    name(&mut laptop, &hash, content.len()).await;
    assert_eq!(have(&laptop, &hash).await, (Some(0), None));
    let answer = send(&laptop, &hash, 0, content.len(), &content[..4_000]).await;
    assert_eq!((answer.status().as_u16(), number(&answer, UPLOAD_OFFSET)), (204, Some(4_000)));
    // The answer was lost, say; HQ restarts; the laptop asks where to go on.
    let house = house.restart().await;
    laptop.base.clone_from(&house.base);
    assert_eq!(have(&laptop, &hash).await, (Some(4_000), None));
    assert_eq!(code(get(&laptop, &hash, None).await).await, Code::NotFound, "half a photo is none");
    let again = send(&laptop, &hash, 0, content.len(), &content[..4_000]).await;
    assert_eq!(number(&again, UPLOAD_OFFSET), Some(4_000), "the refusal says where to go on");
    assert_eq!(code(again).await, Code::Invalid);
    let answer = send(&laptop, &hash, 4_000, content.len(), &content[4_000..]).await;
    assert_eq!((number(&answer, UPLOAD_OFFSET), number(&answer, UPLOAD_LENGTH)), (Some(10_000), Some(10_000)));
    assert_eq!(have(&laptop, &hash).await, (Some(10_000), Some(10_000)));
    assert_eq!(get(&laptop, &hash, None).await.bytes().await.unwrap(), content);
    let repeated = send(&laptop, &hash, 4_000, content.len(), &content[4_000..]).await;
    assert_eq!(number(&repeated, UPLOAD_LENGTH), Some(10_000), "the last chunk twice is harmless");
}

#[tokio::test]
async fn a_body_cut_on_its_way_leaves_nothing_that_counts_as_sent() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    let (content, hash) = photo(10_000);
    name(&mut laptop, &hash, content.len()).await;
    let host = house.base.strip_prefix("http://").unwrap();
    let mut wire = tokio::net::TcpStream::connect(host).await.unwrap();
    let head = format!(
        "PATCH {} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {}\r\n{UPLOAD_OFFSET}: 0\r\n{UPLOAD_LENGTH}: 10000\r\n\
         content-length: 10000\r\n\r\n",
        path::attachment(&hash),
        laptop.enrolled.token
    );
    wire.write_all(head.as_bytes()).await.unwrap();
    wire.write_all(&content[..5_000]).await.unwrap();
    wire.shutdown().await.unwrap();
    // HQ closes the connection once it has seen the cut.
    let mut rest = Vec::new();
    let _ = wire.read_to_end(&mut rest).await;
    assert_eq!(have(&laptop, &hash).await, (Some(0), None));
    assert_eq!(send(&laptop, &hash, 0, content.len(), &content).await.status(), 204);
    assert_eq!(get(&laptop, &hash, None).await.bytes().await.unwrap(), content);
}

#[tokio::test]
async fn bytes_that_do_not_match_the_hash_are_thrown_away() {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    let (content, hash) = photo(5_000);
    name(&mut laptop, &hash, content.len()).await;
    let mut broken = content.clone();
    broken[17] ^= 1;
    let answer = send(&laptop, &hash, 0, content.len(), &broken).await;
    assert_eq!(code(answer).await, Code::HashMismatch);
    assert_eq!(have(&laptop, &hash).await, (Some(0), None));
    assert_eq!(send(&laptop, &hash, 0, content.len(), &content).await.status(), 204);
    assert_eq!(get(&laptop, &hash, None).await.bytes().await.unwrap(), content);
}

#[tokio::test]
async fn limits_hold_for_chunks_and_for_the_whole() {
    let house = House::open_with(Limits { chunk_bytes_max: 1_000, ..Limits::default() }).await;
    let mut laptop = house.laptop("CD", "张伟").await;
    let (content, hash) = photo(3_000);
    name(&mut laptop, &hash, content.len()).await;
    assert_eq!(code(send(&laptop, &hash, 0, 3_000, &content).await).await, Code::TooLarge, "a chunk");
    assert_eq!(code(send(&laptop, &hash, 0, 500, &content[..900]).await).await, Code::TooLarge, "beyond its length");
    let huge = 3 * 1024 * 1024 * 1024;
    assert_eq!(code(send(&laptop, &hash, 0, huge, &content[..900]).await).await, Code::TooLarge, "3 GiB");
    assert_eq!(have(&laptop, &hash).await, (Some(0), None));
    for (n, chunk) in content.chunks(1_000).enumerate() {
        assert_eq!(send(&laptop, &hash, n as u64 * 1_000, 3_000, chunk).await.status(), 204);
    }
    assert_eq!(get(&laptop, &hash, None).await.bytes().await.unwrap(), content);
}

#[tokio::test]
async fn an_empty_file_is_an_attachment_too() {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    let hash = seal::hash(b"");
    name(&mut laptop, &hash, 0).await;
    assert_eq!(send(&laptop, &hash, 0, 0, b"").await.status(), 204);
    assert_eq!(have(&laptop, &hash).await, (Some(0), Some(0)));
    let answer = get(&laptop, &hash, None).await;
    assert_eq!((answer.status().as_u16(), answer.bytes().await.unwrap().len()), (200, 0));
}

#[tokio::test]
async fn a_download_goes_on_from_any_byte() {
    let house = House::open().await;
    let mut laptop = house.laptop("CD", "张伟").await;
    let (content, hash) = photo(100_000);
    name(&mut laptop, &hash, content.len()).await;
    send(&laptop, &hash, 0, content.len(), &content).await;
    for (range, expected) in [
        ("bytes=0-", 0..100_000),
        ("bytes=70000-", 70_000..100_000),
        ("bytes=10-19", 10..20),
        ("bytes=99999-", 99_999..100_000),
        ("bytes=5-200000", 5..100_000),
    ] {
        let answer = get(&laptop, &hash, Some(range)).await;
        assert_eq!(answer.status(), 206);
        let said = answer.headers()["content-range"].to_str().unwrap().to_owned();
        assert_eq!(said, format!("bytes {}-{}/100000", expected.start, expected.end - 1));
        assert_eq!(answer.bytes().await.unwrap(), content[expected]);
    }
    for range in ["bytes=100000-", "bytes=9-3", "bytes=-5", "lines=1-2", "bytes=a-"] {
        assert_eq!(code(get(&laptop, &hash, Some(range)).await).await, Code::Invalid, "{range}");
    }
}

#[tokio::test]
async fn a_hash_alone_opens_nothing() {
    let house = House::open().await;
    let (mut cd, mut nj) = (house.laptop("CD", "张伟").await, house.laptop("NJ", "王芳").await);
    let colleague = house.laptop("CD", "李娜").await;
    let (content, hash) = photo(2_000);
    assert_eq!(code(send(&cd, &hash, 0, 2_000, &content).await).await, Code::NotFound, "no record names it yet");
    name(&mut cd, &hash, content.len()).await;
    assert_eq!(send(&cd, &hash, 0, 2_000, &content).await.status(), 204);
    assert_eq!(get(&colleague, &hash, None).await.bytes().await.unwrap(), content);
    assert_eq!(code(get(&nj, &hash, None).await).await, Code::NotFound);
    assert_eq!(code(send(&nj, &hash, 0, 2_000, &content).await).await, Code::NotFound);
    let (_, other) = photo(2_000);
    name(&mut nj, &other, 2_000).await;
    assert_eq!(code(get(&nj, &hash, None).await).await, Code::NotFound, "a record of its own with another hash");
}

/// Everything that HQ says of a hash to a laptop, but for the ids of requests.
async fn said(laptop: &Laptop, hash: &str) -> Vec<(u16, Vec<(String, String)>, String)> {
    let mut all = Vec::new();
    let asked = [request(laptop, Method::HEAD, hash), request(laptop, Method::GET, hash)];
    let ranged = request(laptop, Method::GET, hash).header("range", "bytes=0-1");
    let sent = request(laptop, Method::PATCH, hash).header(UPLOAD_OFFSET, 7).header(UPLOAD_LENGTH, 2_000).body("12345");
    let finishing = request(laptop, Method::PATCH, hash).header(UPLOAD_OFFSET, 2_000).header(UPLOAD_LENGTH, 2_000);
    for request in asked.into_iter().chain([ranged, sent, finishing]) {
        let answer = request.send().await.unwrap();
        let headers = answer.headers().iter().filter(|(name, _)| !["x-request-id", "date"].contains(&name.as_str()));
        let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        let status = answer.status().as_u16();
        let body = serde_json::from_slice::<ErrorBody>(&answer.bytes().await.unwrap());
        all.push((status, headers, body.map(|body| format!("{:?} {}", body.code, body.detail)).unwrap_or_default()));
    }
    let asked = MissingAsk { hashes: vec![hash.to_owned()] };
    let missing: Missing = laptop.post(path::MISSING, &asked).await.unwrap();
    all.push((200, Vec::new(), format!("{} missing", missing.missing.len())));
    all
}

#[tokio::test]
async fn what_another_branch_has_and_what_nobody_has_are_answered_alike_until_the_bytes_were_sent() {
    let house = House::open().await;
    let (mut cd, mut nj) = (house.laptop("CD", "张伟").await, house.laptop("NJ", "王芳").await);
    let colleague = house.laptop("NJ", "刘洋").await;
    let ((content, whole), (started, part), (_, nowhere)) = (photo(2_000), photo(2_000), photo(2_000));
    name(&mut cd, &whole, 2_000).await;
    name(&mut cd, &part, 2_000).await;
    send(&cd, &whole, 0, 2_000, &content).await;
    send(&cd, &part, 0, 2_000, &started[..900]).await;
    let expected = said(&nj, &nowhere).await;
    for hash in [&whole, &part] {
        assert_eq!(said(&nj, hash).await, expected, "no record of its own names it");
    }
    for hash in [&whole, &part, &nowhere] {
        name(&mut nj, hash, 2_000).await;
    }
    let expected = said(&nj, &nowhere).await;
    for hash in [&whole, &part] {
        assert_eq!(said(&nj, hash).await, expected, "a record of its own names it");
        assert_eq!(code(get(&colleague, hash, None).await).await, Code::NotFound);
    }
    // What it sends under a hash that it only knows spoils nothing of those who have the bytes.
    assert_eq!(send(&nj, &part, 0, 2_000, &[0; 900]).await.status(), 204);
    assert_eq!(have(&cd, &part).await, (Some(900), None));
    assert_eq!(send(&cd, &part, 900, 2_000, &started[900..]).await.status(), 204);
    assert_eq!(code(send(&nj, &part, 900, 2_000, &started[900..]).await).await, Code::HashMismatch);
    assert_eq!(code(send(&nj, &whole, 0, 2_000, &[0; 2_000]).await).await, Code::HashMismatch);
    assert_eq!(get(&cd, &part, None).await.bytes().await.unwrap(), started);
    // Whoever has them sends them, and from then on they are there for the branch.
    assert_eq!(send(&nj, &whole, 0, 2_000, &content[..1_000]).await.status(), 204);
    assert_eq!(have(&nj, &whole).await, (Some(1_000), None));
    let last = send(&nj, &whole, 1_000, 2_000, &content[1_000..]).await;
    assert_eq!((last.status().as_u16(), number(&last, UPLOAD_LENGTH)), (204, Some(2_000)));
    assert_eq!(have(&colleague, &whole).await, (Some(2_000), Some(2_000)));
    assert_eq!(get(&colleague, &whole, None).await.bytes().await.unwrap(), content);
    assert_eq!(get(&cd, &whole, None).await.bytes().await.unwrap(), content);
}

#[tokio::test]
async fn a_record_that_comes_to_name_another_hash_opens_it_no_more_than_a_new_one() {
    let house = House::open().await;
    let (mut cd, mut nj) = (house.laptop("CD", "张伟").await, house.laptop("NJ", "王芳").await);
    let ((content, foreign), (own, known)) = (photo(2_000), photo(300));
    name(&mut cd, &foreign, 2_000).await;
    send(&cd, &foreign, 0, 2_000, &content).await;
    let record = id();
    let branch = Value::from(nj.enrolled.branch_id.to_string());
    let fields = [("branch_id", branch, 0), ("hash", known.clone().into(), 0), ("bytes", 300.into(), 0)];
    let op = nj.op(Kind::ATTACHMENT, record, &fields);
    let version = accepted(&nj.push_one(&op).await);
    send(&nj, &known, 0, 300, &own).await;
    assert_eq!(get(&nj, &known, None).await.bytes().await.unwrap(), own);
    let op = nj.op(Kind::ATTACHMENT, record, &[("hash", foreign.clone().into(), version)]);
    accepted(&nj.push_one(&op).await);
    assert_eq!(code(get(&nj, &foreign, None).await).await, Code::NotFound);
    assert_eq!(have(&nj, &foreign).await, (Some(0), None));
}

#[tokio::test]
async fn who_reaches_the_bytes_has_them_for_every_record_that_names_them() {
    let house = House::open().await;
    let (mut a, mut b) = (house.laptop("CD", "张伟").await, house.laptop("CD", "李娜").await);
    let far = house.laptop("NJ", "王芳").await;
    let (content, hash) = photo(2_000);
    name(&mut a, &hash, 2_000).await;
    send(&a, &hash, 0, 2_000, &content).await;
    // A colleague's record names them too, of a visit that goes to another branch: nothing is sent twice.
    let visit = id();
    let op = new(&mut b, Kind::VISIT, visit, json!({}));
    accepted(&b.push_one(&op).await);
    let op = new(&mut b, Kind::ATTACHMENT, id(), json!({ "visit_id": visit, "hash": hash, "bytes": 2_000 }));
    accepted(&b.push_one(&op).await);
    dispatch(&house, visit, Some(&far)).await;
    assert_eq!(code(get(&far, &hash, None).await).await, Code::NotFound, "nobody has shown them for this record");
    assert_eq!(have(&b, &hash).await, (Some(2_000), Some(2_000)));
    assert_eq!(get(&far, &hash, None).await.bytes().await.unwrap(), content);
}

#[tokio::test]
async fn a_hash_that_is_a_path_is_refused() {
    let house = House::open().await;
    let laptop = house.laptop("CD", "张伟").await;
    for hash in ["..%2f..%2frecovery.key", "abc", &"A".repeat(64), &"g".repeat(64)] {
        assert_eq!(code(get(&laptop, hash, None).await).await, Code::Invalid);
    }
}
