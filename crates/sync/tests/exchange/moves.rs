//! HQ moves to another address: laptops that were told follow it, and trust the same key there and no other.

use super::{
    headquarters::Headquarters,
    laptop::Laptop,
    line::{Line, Then},
};
use doorstep_domain::Code;
use doorstep_hq::Certificate;
use doorstep_sync::Https;
use doorstep_wire::EnrolmentCode;

/// A laptop that knows HQ at the end of a line; HQ itself is where it always was.
async fn known_by(line: &Line, hq: &Headquarters) -> Laptop {
    let laptop = Laptop::new("周航", chrono::TimeDelta::zero()).await;
    let code = EnrolmentCode { address: line.address(), ..hq.code("CD", "周航").await };
    let https = Https::by_code(&code).unwrap();
    doorstep_sync::enrol(&laptop.store, &https, &code, "周航的电脑", &laptop.surroundings).await.unwrap();
    laptop
}

async fn try_sync(laptop: &Laptop) -> Result<(), Code> {
    let https = laptop.https().await;
    laptop.exchange(&https).run().await.map(drop).map_err(|error| error.code())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_laptop_follows_hq_to_the_address_that_was_announced_and_back() {
    let hq = Headquarters::secure(Certificate::SelfMade).await;
    let (former, next) = (Line::to(&hq.address().await).await, Line::to(&hq.address().await).await);
    let laptop = known_by(&former, &hq).await;
    try_sync(&laptop).await.unwrap();
    assert_eq!(laptop.identity().await.hq_next_address, None);
    hq.hq.announce_address(&next.address()).await.unwrap();
    try_sync(&laptop).await.unwrap();
    let told = laptop.identity().await;
    assert_eq!((&told.hq_address, &told.hq_next_address), (&former.address(), &Some(next.address())));
    former.cut_after(0, Then::Dead);
    laptop.add_customer("搬家以后").await;
    try_sync(&laptop).await.unwrap();
    let moved = laptop.identity().await;
    assert_eq!((&moved.hq_address, &moved.hq_former_address), (&next.address(), &Some(former.address())));
    assert_eq!(laptop.store.sync_counts().await.unwrap().waiting, 0, "what waited went there");
    former.cut_after(1 << 40, Then::Works);
    next.cut_after(0, Then::Dead);
    try_sync(&laptop).await.unwrap();
    assert_eq!(laptop.identity().await.hq_address, former.address(), "and back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_laptop_that_was_not_told_or_meets_another_key_at_the_announced_address_follows_nobody() {
    let hq = Headquarters::secure(Certificate::SelfMade).await;
    let stranger = Headquarters::secure(Certificate::SelfMade).await;
    let former = Line::to(&hq.address().await).await;
    let laptop = known_by(&former, &hq).await;
    try_sync(&laptop).await.unwrap();
    hq.hq.announce_address(&stranger.address().await).await.unwrap();
    former.cut_after(0, Then::Dead);
    assert_eq!(try_sync(&laptop).await, Err(Code::HqUnreachable), "it was not told");
    former.cut_after(1 << 40, Then::Works);
    try_sync(&laptop).await.unwrap();
    former.cut_after(0, Then::Dead);
    assert_eq!(try_sync(&laptop).await, Err(Code::HqUnreachable), "another key is not HQ");
    assert_eq!(laptop.identity().await.hq_address, former.address());
}
