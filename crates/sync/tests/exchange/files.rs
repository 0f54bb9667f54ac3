//! Files: they travel whole or not at all, resume where they stopped, and only to those whose records name them.

use crate::{
    headquarters::Headquarters,
    laptop::{Chance, Laptop},
    line::{Line, Then},
};
use doorstep_domain::{Code, Kind};
use doorstep_sync::Transport as _;
use serde_json::json;

fn noise(name: &str, bytes: usize) -> Vec<u8> {
    let mut noise = vec![0; bytes];
    Chance::new(name).fill(&mut noise);
    noise
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_every_size_travel_to_a_colleague_and_not_to_another_branch() {
    let hq = Headquarters::start().await;
    let (a, b, far) = (
        Laptop::enrolled("周航", &hq, "CD").await,
        Laptop::enrolled("李娜", &hq, "CD").await,
        Laptop::enrolled("王强", &hq, "NJ").await,
    );
    let mut photos = Vec::new();
    for bytes in [0, 1, 65_535, 65_536, 65_537, 131_072, 700_001] {
        let photo = noise("photo", bytes);
        photos.push((a.add_photo(&photo).await, photo));
    }
    assert_eq!(a.sync().await.files_sent, photos.len() as u64);
    a.assert_quiet().await;
    assert_eq!(b.sync().await.files_received, photos.len() as u64);
    far.sync().await;
    for (hash, photo) in photos {
        assert_eq!(b.store.blobs().read(&hash, photo.len()).unwrap(), photo);
        assert!(!far.store.blobs().has(&hash).unwrap());
        let refused = far.https().await.download(&hash, 0).await.map(drop).unwrap_err();
        assert_eq!(refused.code(), Code::NotFound, "as if it were nowhere");
    }
    assert_eq!(b.sync().await.files_received, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_file_of_two_laptops_is_sent_once() {
    let hq = Headquarters::start().await;
    let (a, b) = (Laptop::enrolled("周航", &hq, "CD").await, Laptop::enrolled("李娜", &hq, "CD").await);
    let photo = noise("photo", 500_000);
    a.add_photo(&photo).await;
    b.add_photo(&photo).await;
    a.sync().await;
    let line = Line::to(&b.identity().await.hq_address).await;
    b.sync_over(&line).await.unwrap();
    assert!(line.carried() < 100_000);
    b.assert_quiet().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_upload_goes_on_where_hq_has_it_and_small_files_go_first() {
    let hq = Headquarters::start().await;
    let a = Laptop::enrolled("周航", &hq, "CD").await;
    let large = a.add_photo(&noise("large", 2_000_000)).await;
    let small = a.add_photo(&noise("small", 40_000)).await;
    let line = Line::to(&a.identity().await.hq_address).await;
    line.cut_after(1_200_000, Then::Dead);
    let cut = a.sync_over(&line).await.unwrap_err();
    assert_eq!(cut.code(), Code::HqUnreachable);
    assert!(hq.attachment(&small).is_file());
    assert!(!hq.attachment(&large).exists());
    line.mend();
    line.carried();
    a.sync_over(&line).await.unwrap();
    let again = line.carried();
    assert!((800_000..1_000_000).contains(&again), "{again} bytes, of which one chunk twice");
    assert!(hq.attachment(&large).is_file());
    a.assert_quiet().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_download_goes_on_where_it_stopped() {
    let hq = Headquarters::start().await;
    let (a, b) = (Laptop::enrolled("周航", &hq, "CD").await, Laptop::enrolled("李娜", &hq, "CD").await);
    let photo = noise("large", 2_000_000);
    let hash = a.add_photo(&photo).await;
    a.sync().await;
    let line = Line::to(&b.identity().await.hq_address).await;
    line.cut_after(1_200_000, Then::Dead);
    assert_eq!(b.sync_over(&line).await.unwrap_err().code(), Code::HqUnreachable);
    assert!(!b.store.blobs().has(&hash).unwrap());
    line.mend();
    line.carried();
    b.sync_over(&line).await.unwrap();
    let again = line.carried();
    assert!((800_000..1_000_000).contains(&again), "{again} bytes");
    assert_eq!(b.store.blobs().read(&hash, photo.len()).unwrap(), photo);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_breaks_now_and_then_still_brings_a_file_within_one_exchange() {
    let hq = Headquarters::start().await;
    let (a, b) = (Laptop::enrolled("周航", &hq, "CD").await, Laptop::enrolled("李娜", &hq, "CD").await);
    let photo = noise("large", 1_000_000);
    let hash = a.add_photo(&photo).await;
    let line = Line::to(&a.identity().await.hq_address).await;
    line.cut_after(400_000, Then::Works);
    a.sync_over(&line).await.unwrap();
    line.cut_after(400_000, Then::Works);
    b.sync_over(&line).await.unwrap();
    assert_eq!(b.store.blobs().read(&hash, photo.len()).unwrap(), photo);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_whose_laptop_has_not_sent_it_yet_is_awaited_and_stops_nothing() {
    let hq = Headquarters::start().await;
    let (a, b) = (Laptop::enrolled("周航", &hq, "CD").await, Laptop::enrolled("李娜", &hq, "CD").await);
    let late = a.add_photo(&noise("late", 900_000)).await;
    let line = Line::to(&a.identity().await.hq_address).await;
    line.cut_after(300_000, Then::Dead);
    a.sync_over(&line).await.unwrap_err();
    assert_eq!(b.sync().await.files_awaited, 1);
    a.sync().await;
    assert_eq!(b.sync().await.files_received, 1);
    assert!(b.store.blobs().has(&late).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_not_those_of_their_hash_are_thrown_away_and_the_others_still_come() {
    let hq = Headquarters::start().await;
    let (a, b) = (Laptop::enrolled("周航", &hq, "CD").await, Laptop::enrolled("李娜", &hq, "CD").await);
    let photo = noise("damaged", 100_000);
    let damaged = a.add_photo(&photo).await;
    let sound = a.add_photo(&noise("sound", 200_000)).await;
    a.sync().await;
    let mut bytes = photo.clone();
    bytes[50_000] ^= 1;
    std::fs::write(hq.attachment(&damaged), bytes).unwrap();
    let https = b.https().await;
    assert_eq!(b.exchange(&https).run().await.unwrap_err().code(), Code::HashMismatch);
    assert!(!b.store.blobs().has(&damaged).unwrap());
    assert!(b.store.blobs().has(&sound).unwrap());
    std::fs::write(hq.attachment(&damaged), &photo).unwrap();
    b.sync().await;
    assert_eq!(b.store.blobs().read(&damaged, photo.len()).unwrap(), photo);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_longer_than_its_record_says_is_refused() {
    let hq = Headquarters::start().await;
    let (a, b) = (Laptop::enrolled("周航", &hq, "CD").await, Laptop::enrolled("李娜", &hq, "CD").await);
    let hash = a.add_photo(&noise("photo", 100_000)).await;
    a.sync().await;
    std::fs::write(hq.attachment(&hash), noise("photo", 300_000)).unwrap();
    let https = b.https().await;
    assert_eq!(b.exchange(&https).run().await.unwrap_err().code(), Code::HashMismatch);
    assert!(!b.store.blobs().has(&hash).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_whose_record_hq_refused_is_not_sent_and_stops_nothing() {
    let hq = Headquarters::start().await;
    let (a, far) = (Laptop::enrolled("周航", &hq, "CD").await, Laptop::enrolled("王强", &hq, "NJ").await);
    let visit = far.new_id();
    far.set(&Kind::VISIT, visit, json!({"branch_id": far.identity().await.branch_id, "subject": "上门"})).await;
    far.sync().await;
    let photo = noise("photo", 40_000);
    let hash = a.store.blobs().put(&photo, Chance::new("nonce").bytes()).unwrap();
    let fields =
        json!({"branch_id": a.identity().await.branch_id, "visit_id": visit, "bytes": photo.len(), "hash": hash});
    a.set(&Kind::ATTACHMENT, a.new_id(), fields).await;
    let mut write = a.store.write().await.unwrap();
    write.blob_added(&hash, photo.len() as u64).await.unwrap();
    write.commit().await.unwrap();
    let own = a.add_photo(&noise("own", 50_000)).await;
    let done = a.sync().await;
    assert_eq!((done.refused, done.files_sent), (1, 1));
    assert!(hq.attachment(&own).is_file() && !hq.attachment(&hash).exists());
    assert_eq!(a.store.blobs().read(&hash, photo.len()).unwrap(), photo, "and it stays on the laptop");
}
