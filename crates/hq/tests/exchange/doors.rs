//! Who comes in and who is shown out: slow senders, silent ones, too many of one address; and whose guesses count.
//!
//! Addresses of the loopback network stand for different senders. Every limit is short here, and each test waits for the
//! closing itself.

use super::{
    attachments::{name, photo, send},
    house::{House, clock, config, id},
    place::Place,
};
use doorstep_domain::Code;
use doorstep_hq::{
    Certificate, Config, Transport,
    accounts::Role,
    serve::{admin, doors::Doors},
};
use doorstep_wire::{ErrorBody, limits::Limits, path};
use reqwest::Client;
use serde_json::json;
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

/// Long after HQ must have closed what it is to close.
const PATIENCE: Duration = Duration::from_secs(30);

async fn house(doors: Doors, transport: Transport) -> House {
    let (place, clock, folder) = (Place::fresh().await, clock(), tempfile::tempdir().unwrap());
    let config = config(&folder.path().join("hq"), Limits::default(), &clock);
    let config = Config { database: place.database(), doors, transport, ..config };
    House::serve_config(folder, place, config, clock).await
}

/// Limits that a test can wait for.
fn short() -> Doors {
    Doors {
        head: Duration::from_millis(600),
        small_body: Duration::from_millis(600),
        window: Duration::from_millis(600),
        ..Doors::default()
    }
}

/// A connection from an address of this machine.
async fn from(address: &str, house: &House) -> TcpStream {
    let at: SocketAddr = house.base.split_once("://").unwrap().1.parse().unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{address}:0").parse().unwrap()).unwrap();
    socket.connect(at).await.unwrap()
}

/// What HQ says until it closes the connection.
async fn until_closed(connection: &mut TcpStream) -> String {
    let mut said = Vec::new();
    // Closed in the middle of what was sent is closed too.
    let _ = timeout(PATIENCE, connection.read_to_end(&mut said)).await.expect("HQ keeps it open");
    String::from_utf8_lossy(&said).into_owned()
}

fn head(path: &str, bytes: usize) -> String {
    format!("POST {path} HTTP/1.1\r\nhost: hq\r\ncontent-type: application/json\r\ncontent-length: {bytes}\r\n\r\n")
}

async fn healthy(house: &House) -> bool {
    Client::new().get(format!("{}/healthz", house.base)).send().await.is_ok_and(|answer| answer.status() == 200)
}

#[tokio::test]
async fn bodies_that_drip_are_given_up_and_hold_up_no_other_address() {
    let doors = Doors { requests_max: 8, small_body: Duration::from_secs(2), ..short() };
    let house = house(doors, Transport::Http).await;
    let laptop = house.laptop("CD", "张伟").await;
    let mut dripping = Vec::new();
    for _ in 0..12 {
        let mut connection = from("127.0.0.2", &house).await;
        connection.write_all(head(path::ENROL, 1_000).as_bytes()).await.unwrap();
        connection.write_all(b"{").await.unwrap();
        dripping.push(connection);
    }
    // Four of them hold places, and the others were told that there is none for them.
    laptop.hello().await.unwrap();
    assert!(healthy(&house).await);
    let mut said = Vec::new();
    for connection in &mut dripping {
        said.push(until_closed(connection).await);
    }
    let with = |status: &str| said.iter().filter(|said| said.starts_with(&format!("HTTP/1.1 {status}"))).count();
    assert_eq!((with("400"), with("503")), (4, 8), "{said:?}");
    laptop.hello().await.unwrap();
}

#[tokio::test]
async fn a_large_body_below_the_lowest_rate_is_given_up_and_one_above_it_is_not() {
    let house = house(Doors { bytes_per_second: 1_000, ..short() }, Transport::Http).await;
    let laptop = house.laptop("CD", "张伟").await;
    let token = format!("authorization: Bearer {}\r\nhost:", laptop.enrolled.token);
    let request = head(path::PUSH, 100_000).replacen("host:", &token, 1);
    let mut slow = from("127.0.0.2", &house).await;
    slow.write_all(request.as_bytes()).await.unwrap();
    slow.write_all(&[b' '; 100]).await.unwrap();
    assert!(until_closed(&mut slow).await.contains("too slowly"));
    // Ten times as long as a stretch, and more than the least in each.
    let mut steady = from("127.0.0.2", &house).await;
    steady.write_all(head(path::PUSH, 30_000).replacen("host:", &token, 1).as_bytes()).await.unwrap();
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    for _ in 0..30 {
        tick.tick().await;
        steady.write_all(&[b' '; 1_000]).await.unwrap();
    }
    assert!(until_closed(&mut steady).await.contains("not the expected message"), "all of it was read");
}

#[tokio::test]
async fn connections_on_which_no_request_comes_are_closed_whatever_they_began_with() {
    let house = house(short(), Transport::Http).await;
    let h2 = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    for begun in ["", "GET /heal", "GET /healthz HTTP/1.1\r\nhost: hq\r\nx-slow: ", h2] {
        let mut connection = from("127.0.0.2", &house).await;
        connection.write_all(begun.as_bytes()).await.unwrap();
        let said = until_closed(&mut connection).await;
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 4"), "{begun:?}: {said:?}");
    }
    // One that was used and lies idle.
    let mut connection = from("127.0.0.2", &house).await;
    connection.write_all(b"GET /healthz HTTP/1.1\r\nhost: hq\r\n\r\n").await.unwrap();
    assert!(until_closed(&mut connection).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_tls_handshake_that_never_ends_is_closed() {
    let house = house(short(), Transport::Https(Certificate::SelfMade)).await;
    for begun in [&b""[..], &[0x16, 0x03, 0x01, 0x02, 0x00][..]] {
        let mut connection = from("127.0.0.2", &house).await;
        connection.write_all(begun).await.unwrap();
        assert_eq!(until_closed(&mut connection).await, "");
    }
}

#[tokio::test]
async fn an_address_gets_half_of_the_connections_and_the_others_the_rest() {
    let doors = Doors { connections_max: 8, head: Duration::from_secs(20), ..Doors::default() };
    let house = house(doors, Transport::Http).await;
    let mut silent = Vec::new();
    for _ in 0..4 {
        silent.push(from("127.0.0.2", &house).await);
    }
    for _ in 0..8 {
        let mut refused = from("127.0.0.2", &house).await;
        assert_eq!(until_closed(&mut refused).await, "");
    }
    assert!(healthy(&house).await);
    drop(silent.pop());
    // Its place is free again once HQ has seen it go.
    let again = async {
        loop {
            let mut connection = from("127.0.0.2", &house).await;
            let _ = connection.write_all(b"GET /healthz HTTP/1.1\r\nhost: hq\r\nconnection: close\r\n\r\n").await;
            if until_closed(&mut connection).await.starts_with("HTTP/1.1 200") {
                return;
            }
        }
    };
    timeout(PATIENCE, again).await.unwrap();
}

#[tokio::test]
async fn an_answer_that_nobody_takes_is_given_up_and_its_place_is_free() {
    let house = house(Doors { connections_max: 2, ..short() }, Transport::Http).await;
    let mut laptop = house.laptop("CD", "张伟").await;
    let (content, hash) = photo(4_000_000);
    for _ in 0..6 {
        name(&mut laptop, &hash, content.len()).await;
    }
    assert_eq!(send(&laptop, &hash, 0, content.len(), &content).await.status(), 204);
    let asked = format!(
        "GET {} HTTP/1.1\r\nhost: hq\r\nauthorization: Bearer {}\r\n\r\n",
        path::attachment(&hash),
        laptop.enrolled.token
    );
    // More than the buffers of both ends hold, and nothing of it is read.
    let mut deaf = from("127.0.0.2", &house).await;
    for _ in 0..6 {
        deaf.write_all(asked.as_bytes()).await.unwrap();
    }
    let free = async {
        loop {
            let mut connection = from("127.0.0.2", &house).await;
            let _ = connection.write_all(b"GET /healthz HTTP/1.1\r\nhost: hq\r\nconnection: close\r\n\r\n").await;
            if until_closed(&mut connection).await.starts_with("HTTP/1.1 200") {
                return;
            }
        }
    };
    timeout(PATIENCE, free).await.unwrap();
}

#[tokio::test]
async fn who_guesses_behind_a_proxy_shuts_out_themselves_and_their_name_alone() {
    let trusted = vec!["127.0.0.1".parse().unwrap()];
    let house = house(Doors { trusted, ..Doors::default() }, Transport::Http).await;
    let mut passwords = Vec::new();
    for account in ["周芳", "王强"] {
        passwords.push((account, house.hq.add_account(account, Role::ServiceCentre, None).await.unwrap()));
    }
    let [(first, right), (second, others)] = passwords.try_into().unwrap();
    let log_in = async |via: &str, said: &str, account: &str, password: &str| {
        let client = Client::builder().local_address(via.parse::<std::net::IpAddr>().unwrap()).build().unwrap();
        let request = client.post(format!("{}{}", house.base, admin::path::LOGIN)).header("x-forwarded-for", said);
        let answer = request.json(&json!({ "name": account, "password": password })).send().await.unwrap();
        let status = answer.status().is_success();
        let body = answer.bytes().await.unwrap();
        if status { Ok(()) } else { Err(serde_json::from_slice::<ErrorBody>(&body).unwrap().code) }
    };
    // Whatever the guesser puts before what the proxy adds.
    for guess in 0..10 {
        let said = format!("198.51.100.{guess}, 192.0.2.7");
        assert_eq!(log_in("127.0.0.1", &said, first, "guess").await, Err(Code::Unauthorized));
    }
    assert_eq!(log_in("127.0.0.1", "203.0.113.5, 192.0.2.7", first, &right).await, Err(Code::Busy));
    log_in("127.0.0.1", "192.0.2.7", second, &others).await.unwrap();
    log_in("127.0.0.1", "192.0.2.8", first, &right).await.unwrap();
    // Who is no proxy of HQ's is who they are, whoever they say they are.
    for guess in 0..10 {
        let said = format!("198.51.100.{guess}");
        assert_eq!(log_in("127.0.0.2", &said, first, "guess").await, Err(Code::Unauthorized));
    }
    assert_eq!(log_in("127.0.0.2", "192.0.2.8", first, &right).await, Err(Code::Busy));
    log_in("127.0.0.3", "192.0.2.7", first, &right).await.unwrap();
}

#[tokio::test]
async fn of_a_push_or_an_offer_with_too_many_records_no_more_is_read_than_shows_that() {
    let house = house(Doors::default(), Transport::Http).await;
    let laptop = house.laptop("CD", "张伟").await;
    let op = json!({ "seq": 1, "kind": "customer", "id": id(), "fields": {}, "at": "2026-11-23T09:00:00Z" });
    let offered = json!({ "kind": "customer", "id": id(), "fields": {} });
    let ops = vec![op.to_string(); 2_001].join(",");
    let records = vec![offered.to_string(); 2_001].join(",");
    // What follows would not read: it is not looked at.
    for (path, body) in [
        (path::PUSH, format!("{{\"incarnation\":1,\"ops\":[{ops},?")),
        (path::PUSH, format!("{{\"ops\":[{},?", vec!["0"; 2_001].join(","))),
        (path::OFFER, format!("{{\"site_epoch\":1,\"records\":[{records},?")),
    ] {
        let request = Client::new().post(format!("{}{path}", house.base)).bearer_auth(&laptop.enrolled.token);
        let answer = request.header("content-type", "application/json").body(body).send().await.unwrap();
        let said: ErrorBody = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        assert_eq!(said.code, Code::TooLarge, "{path}");
    }
}
