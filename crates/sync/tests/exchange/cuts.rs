//! A line that is cut, stalls, or is given up: the next exchange goes on, nothing is lost and nothing doubled.

use crate::{
    headquarters::Headquarters,
    laptop::Laptop,
    line::{Line, Then},
};
use doorstep_domain::{Code, Kind};
use doorstep_sync::{Error, Progress, Step};
use serde_json::json;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Cuts the line after ever more bytes, so that each step of an exchange is hit at many places.
#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_cut_anywhere_loses_nothing_and_doubles_nothing() {
    let hq = Headquarters::start().await;
    let (a, b) = (Laptop::enrolled("周航", &hq, "CD").await, Laptop::enrolled("李娜", &hq, "CD").await);
    a.sync().await;
    b.sync().await;
    let line = Line::to(&a.identity().await.hq_address).await;
    let mut cuts = 0;
    for round in 0..40u64 {
        let before = hq.places("CD").await;
        let mut ids = Vec::new();
        for i in 0..6 {
            ids.push(a.add_customer(&format!("客户{round}-{i}")).await);
        }
        let hash = a.add_photo(format!("照片{round}").repeat(500).as_bytes()).await;
        line.cut_after(round * 331, Then::Dead);
        cuts += u32::from(a.sync_over(&line).await.is_err());
        line.cut_after(round * 331, Then::Dead);
        cuts += u32::from(b.sync_over(&line).await.is_err());
        a.sync().await;
        b.sync().await;
        assert_eq!(hq.places("CD").await - before, 8, "each operation landed once (round {round})");
        for id in ids {
            assert_eq!(b.doc(&Kind::CUSTOMER, id).await, a.doc(&Kind::CUSTOMER, id).await);
        }
        assert!(b.store.blobs().has(&hash).unwrap());
        a.assert_quiet().await;
    }
    assert!(cuts > 30, "only {cuts} exchanges were cut: the cuts come too late to test anything");
    assert_eq!(b.store.all(&Kind::CUSTOMER).await.unwrap().len(), 240);
    assert_eq!(b.store.all(&Kind::CONFLICT).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_breaks_once_is_tried_again_within_the_exchange() {
    let hq = Headquarters::start().await;
    let a = Laptop::enrolled("周航", &hq, "CD").await;
    let line = Line::to(&a.identity().await.hq_address).await;
    for bytes in (0..6_000).step_by(400) {
        a.add_customer(&format!("客户{bytes}")).await;
        line.cut_after(bytes, Then::Works);
        a.sync_over(&line).await.unwrap();
        a.assert_quiet().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_pull_goes_on_at_its_cursor() {
    let hq = Headquarters::start().await;
    let (a, b) = (Laptop::enrolled("周航", &hq, "CD").await, Laptop::enrolled("李娜", &hq, "CD").await);
    for i in 0..70 {
        a.add_customer(&format!("客户{i}")).await;
    }
    a.sync().await;
    b.sync_over(&Line::to(&b.identity().await.hq_address).await).await.unwrap();
    let c = Laptop::enrolled("张伟", &hq, "CD").await;
    let feed = format!("branch:{}", c.identity().await.branch_id);
    let line = Line::to(&c.identity().await.hq_address).await;
    c.sync_over(&line).await.map(drop).unwrap();
    let whole = line.carried();
    let d = Laptop::enrolled("赵敏", &hq, "CD").await;
    line.cut_after(whole * 3 / 4, Then::Dead);
    d.sync_over(&line).await.unwrap_err();
    let (had, end) = (d.store.all(&Kind::CUSTOMER).await.unwrap().len(), c.cursor(&feed).await);
    assert!(had > 0 && d.cursor(&feed).await > 0 && d.cursor(&feed).await < end, "the cut is in the middle");
    line.mend();
    d.sync_over(&line).await.unwrap();
    assert_eq!(d.store.all(&Kind::CUSTOMER).await.unwrap().len(), 70);
    assert!(line.carried() < whole * 2 - whole / 2, "what had come did not come again");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_cancelled_in_any_step_ends_cancelled_and_the_next_one_completes_it() {
    let hq = Headquarters::start().await;
    let (a, b) = (Laptop::enrolled("周航", &hq, "CD").await, Laptop::enrolled("李娜", &hq, "CD").await);
    a.sync().await;
    for (round, step) in [Step::Hello, Step::Push, Step::Pull, Step::Upload, Step::Download].into_iter().enumerate() {
        let of_b = b.add_photo(format!("来自李娜{round}").repeat(50_000).as_bytes()).await;
        b.sync().await;
        let of_a = a.add_photo(format!("来自周航{round}").repeat(50_000).as_bytes()).await;
        let id = a.add_customer(&format!("客户{round}")).await;
        let (progress, cancel) = (watch::Sender::new(Progress::default()), CancellationToken::new());
        let (mut watcher, https) = (progress.subscribe(), a.https().await);
        let exchange = a.exchange(&https).watched(progress).cancelled_by(cancel.clone());
        let at_step = async {
            watcher.wait_for(|p| p.step == step).await.unwrap();
            cancel.cancel();
        };
        let (ended, ()) = tokio::join!(exchange.run(), at_step);
        assert!(matches!(ended, Err(Error::Cancelled)), "{step:?}");
        assert_eq!(a.store.sync_runs(1).await.unwrap()[0].code.as_deref(), Some("cancelled"));
        a.sync().await;
        a.assert_quiet().await;
        assert!(hq.get(&Kind::CUSTOMER, id).await.is_some());
        assert!(hq.attachment(&of_a).is_file());
        assert!(a.store.blobs().has(&of_b).unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_on_which_nothing_moves_is_given_up() {
    let hq = Headquarters::start().await;
    let a = Laptop::enrolled("周航", &hq, "CD").await;
    let line = Line::to(&a.identity().await.hq_address).await;
    a.add_photo(&[1; 300_000]).await;
    for bytes in [0, 1_000, 5_000, 100_000] {
        line.cut_after(bytes, Then::Silent);
        let https = a.https_over(&line).await.with_stall(Duration::from_millis(50));
        let exchange = a.exchange(&https);
        let ended = tokio::time::timeout(Duration::from_secs(30), exchange.run()).await;
        let error = ended.expect("it waits on a line on which nothing moves").unwrap_err();
        assert!(matches!(error, Error::Stalled { .. }), "{error}");
        assert_eq!((error.code(), error.retryable()), (Code::HqUnreachable, true));
    }
    a.sync().await;
    a.assert_quiet().await;
}

/// The answer to a push got lost: the same operations come again, and HQ answers them as it did.
#[tokio::test(flavor = "multi_thread")]
async fn a_push_whose_answer_is_lost_is_answered_the_same_when_it_comes_again() {
    let hq = Headquarters::start().await;
    let (a, b) = (Laptop::enrolled("周航", &hq, "CD").await, Laptop::enrolled("李娜", &hq, "CD").await);
    let id = a.add_customer("四川路桥").await;
    a.sync().await;
    b.sync().await;
    let line = Line::to(&a.identity().await.hq_address).await;
    let mut lost = 0;
    for bytes in (600..3_000).step_by(60) {
        b.set(&Kind::CUSTOMER, id, json!({"phone": format!("028-{bytes}")})).await;
        a.set(&Kind::CUSTOMER, id, json!({"region": format!("{bytes}")})).await;
        b.sync().await;
        let before = hq.places("CD").await;
        line.cut_after(bytes, Then::Dead);
        let cut = a.sync_over(&line).await.is_err();
        let landed = hq.places("CD").await > before;
        let acknowledged = a.store.sync_counts().await.unwrap().waiting == 0;
        lost += u32::from(cut && landed && !acknowledged);
        a.sync().await;
        assert_eq!(hq.places("CD").await - before, 1);
        a.assert_quiet().await;
        b.sync().await;
        assert_eq!(a.doc(&Kind::CUSTOMER, id).await, b.doc(&Kind::CUSTOMER, id).await);
    }
    assert!(lost > 0, "no answer was lost: the cuts miss what is tested");
    assert_eq!(hq.all(&Kind::CONFLICT).await, []);
}
