//! Bytes of attachments: resumed, checked, and only for those who hold the record.

use super::house::{House, Laptop, accepted, id, random};
use doorstep_domain::{Code, Kind, seal};
use doorstep_wire::{ErrorBody, UPLOAD_LENGTH, UPLOAD_OFFSET, limits::Limits, path};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;

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
    assert_eq!(code(get(&nj, &hash, None).await).await, Code::OutOfScope);
    assert_eq!(code(send(&nj, &hash, 0, 2_000, &content).await).await, Code::OutOfScope);
    let (_, other) = photo(2_000);
    name(&mut nj, &other, 2_000).await;
    assert_eq!(code(get(&nj, &hash, None).await).await, Code::OutOfScope, "a record of its own with another hash");
}

#[tokio::test]
async fn a_hash_that_is_a_path_is_refused() {
    let house = House::open().await;
    let laptop = house.laptop("CD", "张伟").await;
    for hash in ["..%2f..%2frecovery.key", "abc", &"A".repeat(64), &"g".repeat(64)] {
        assert_eq!(code(get(&laptop, hash, None).await).await, Code::Invalid);
    }
}
