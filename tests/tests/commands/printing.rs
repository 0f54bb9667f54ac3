//! Printing to real printers, and to strangers that listen where a printer should: each has its own words, none ends the app.

use crate::{
    ground::{Headquarters, Laptop, list, text},
    stranger::{GET_JOB, PRINT_JOB, Request, Stranger, a_job, a_printer, http, ipp, message, value},
};
use doorstep_app::Code;
use doorstep_tests::printer::Printer;
use serde_json::{Value, json};
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

/// A laptop with a visit whose paper can be printed.
struct Office {
    laptop: Laptop,
    visit: String,
    _hq: Headquarters,
}

impl Office {
    async fn of(customer: &str) -> Self {
        let hq = Headquarters::start().await;
        let laptop = hq.laptop("CD", "张伟").await;
        let visit = laptop.at_work(&laptop.customer(customer).await).await;
        laptop.present(&visit).await;
        Self { laptop, visit, _hq: hq }
    }

    fn job(&self, printer: &str) -> Value {
        json!({ "visit": self.visit, "revision": null, "language": "zh", "printer": printer, "copies": 1, "reprint": false })
    }

    async fn print(&self, printer: &str) -> Value {
        self.laptop.call("receipt_print", self.job(printer)).await
    }

    async fn code(&self, printer: &str) -> Code {
        let refused = self.laptop.code_of("receipt_print", self.job(printer));
        tokio::time::timeout(Duration::from_secs(40), refused).await.expect("printing never answers")
    }

    /// How a printer added by hand stands.
    async fn listed(&self, printer: &str) -> Value {
        let mut settings = self.laptop.call("settings_get", json!({})).await;
        settings["printers"] = json!([printer]);
        self.laptop.call("settings_set", json!({ "settings": settings })).await;
        let listing = self.laptop.call("printers", json!({}));
        let listed = tokio::time::timeout(Duration::from_secs(40), listing).await.expect("the list never comes");
        list(&listed).iter().find(|one| one["uri"] == printer).expect("it is in the list").clone()
    }

    /// Follows a job until it stands as expected.
    async fn until(&self, printer: &str, mut job: Value, state: &str) -> Value {
        let followed = async {
            while job["state"] != state {
                job = self.laptop.call("print_watch", json!({ "printer": printer, "known": job })).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), followed).await.unwrap_or_else(|_| panic!("not {state}"));
        job
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_of_a_printer_ends_the_app_or_leaves_a_command_without_an_answer() {
    let office = Office::of("客户甲").await;
    let collections = |depth: usize| {
        let begin = value(0x34, "media-col", &[]).repeat(depth);
        message(0, &[vec![4], begin, value(0x37, "", &[]).repeat(depth)].concat())
    };
    let ipp_of = |body: &[u8]| http("200 OK", &["Content-Type: application/ipp"], body);
    let answers: Vec<(&str, Vec<u8>)> = vec![
        ("1,000 nested collections", ipp_of(&collections(1_000))),
        ("50,000 nested collections", ipp_of(&collections(50_000))),
        ("a length beyond the end", ipp_of(&[&message(0, &[4])[..8], &[4, 0x21, 0, 1, b'a', 0xff, 0xff, 0]].concat())),
        ("no end", ipp_of(&message(0, &a_printer())[..40])),
        ("an attribute outside of a group", ipp_of(&message(0, &value(0x21, "a", &[0; 4])))),
        ("nothing", ipp_of(&[])),
        ("two bytes", ipp_of(&[2, 0])),
        ("a web page", http("200 OK", &["Content-Type: text/html"], b"<html>Login</html>")),
        ("not found", http("404 Not Found", &[], b"")),
        ("two megabytes", ipp_of(&[message(0, &a_printer()), vec![0; 2 << 20]].concat())),
        ("no HTTP", b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()),
        ("a cut line", b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\nabc".to_vec()),
    ];
    for (what, bytes) in answers {
        let stranger = Stranger::answering(move |_| bytes.clone()).await;
        assert_eq!(office.listed(&stranger.address()).await["state"], "no_printer", "{what}");
        assert_eq!(office.code(&stranger.address()).await, Code::PrinterFailed, "{what}");
    }
    // Values of a wrong length, once a panic, say nothing; what is sound beside them counts.
    let odd = [
        a_printer(),
        value(0x21, "copies-default", &[1]),
        value(0x35, "printer-name", &[0, 9, b'x']),
        value(0x33, "copies-supported", &[0; 3]),
        value(0x31, "printer-current-time", &[0; 2]),
    ];
    let odd = ipp(0, &odd.concat());
    let stranger = Stranger::answering(move |_| odd.clone()).await;
    assert_eq!(office.listed(&stranger.address()).await["state"], "ready");
    assert_eq!(office.print(&stranger.address()).await["state"], "unknown", "it took the job and gave no number");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_printer_that_says_nothing_is_away_within_seconds() {
    let office = Office::of("客户甲").await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("ipp://127.0.0.1:{}/", silent.local_addr().unwrap().port());
    assert_eq!(office.listed(&address).await["state"], "away");
    drop(silent);
    assert_eq!(office.listed(&address).await["state"], "away");
    assert_eq!(office.code(&address).await, Code::PrinterFailed);
}

/// A printer that takes a job, and tells of it each time something else.
async fn one_that_makes_of_a_job(told: Vec<(u8, &'static str)>) -> Stranger {
    let at = AtomicUsize::new(0);
    Stranger::answering(move |request| match request.operation {
        PRINT_JOB => ipp(0, &a_job(3, "none")),
        GET_JOB => {
            let (state, reason) = told[at.fetch_add(1, Ordering::SeqCst).min(told.len() - 1)];
            ipp(0, &a_job(state, reason))
        }
        _ => ipp(0, &a_printer()),
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_of_a_job_is_told_with_its_reason_until_it_ended() {
    let office = Office::of("客户甲").await;
    for (told, state, reason) in [
        (vec![(5, "job-printing"), (9, "job-completed-successfully")], "done", None),
        (vec![(4, "job-hold-until-specified")], "held", Some("release")),
        (vec![(4, "cups-held-for-authentication")], "held", Some("account")),
        (vec![(5, "none"), (6, "media-empty-error")], "stopped", Some("paper")),
        (vec![(5, "none"), (8, "document-format-error")], "aborted", Some("format")),
        (vec![(7, "job-canceled-at-device")], "cancelled", None),
    ] {
        let printer = one_that_makes_of_a_job(told).await;
        let job = office.print(&printer.address()).await;
        assert_eq!((&job["job"], &job["state"]), (&json!("7"), &json!("waiting")));
        let ended = office.until(&printer.address(), job, state).await;
        assert_eq!(ended["reasons"].get(0).and_then(Value::as_str), reason, "{state}");
    }
    // One that forgets its jobs at once, or is gone, leaves the person to look.
    let forgetful = Stranger::answering(|request: &Request| match request.operation {
        PRINT_JOB => ipp(0, &a_job(5, "none")),
        GET_JOB => ipp(0x0406, &[]),
        _ => ipp(0, &a_printer()),
    })
    .await;
    let job = office.print(&forgetful.address()).await;
    assert_eq!(office.until(&forgetful.address(), job.clone(), "unknown").await["job"], "7");
    let gone = forgetful.address();
    drop(forgetful);
    office.until(&gone, job, "unknown").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_printer_that_wants_a_password_says_so_and_takes_the_job_with_it() {
    let office = Office::of("客户甲").await;
    // zhang:p@ss
    const LOGIN: &str = "authorization: basic emhhbmc6cebzcw==";
    let login = LOGIN.to_owned();
    let printer = Stranger::answering(move |request| {
        let header = "authorization: basic ";
        let is_known = request.head.lines().any(|line| line.starts_with(header) && line.len() == login.len());
        match request.operation {
            _ if !is_known => http("401 Unauthorized", &["WWW-Authenticate: Basic realm=\"CUPS\""], b""),
            PRINT_JOB => ipp(0, &a_job(9, "none")),
            _ => ipp(0, &a_printer()),
        }
    })
    .await;
    assert_eq!(office.listed(&printer.address()).await["state"], "password");
    assert_eq!(office.code(&printer.address()).await, Code::PrinterPassword);
    let nothing_sent = printer.asked().iter().all(|request| request.operation != PRINT_JOB);
    assert!(nothing_sent, "no paper goes to a printer that does not know us");
    let with_login = printer.address().replace("ipp://", "ipp://zhang:p%40ss@");
    let listed = office.listed(&with_login).await;
    assert_eq!((&listed["state"], text(&listed["shown"])), (&json!("ready"), printer.address()));
    assert_eq!(office.print(&with_login).await["state"], "done");
    let said = printer.asked().into_iter().map(|request| String::from_utf8_lossy(&request.body).into_owned());
    assert!(said.into_iter().all(|body| !body.contains("zhang")), "the login is in its header and nowhere else");
    // The printer itself may say it in IPP.
    let stranger = Stranger::answering(|_| ipp(0x0402, &[])).await;
    assert_eq!(office.listed(&stranger.address()).await["state"], "password");
    assert_eq!(office.code(&stranger.address()).await, Code::PrinterPassword);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_printer_at_another_address_is_offered_there_and_nothing_is_sent_after_it() {
    let office = Office::of("客户甲").await;
    let new = Stranger::answering(|_| ipp(0, &a_printer())).await;
    let location = format!("Location: {}", new.address().replace("ipp:", "http:"));
    let old = Stranger::answering(move |_| http("301 Moved Permanently", &[&location], b"")).await;
    let listed = office.listed(&old.address()).await;
    assert_eq!((&listed["state"], &listed["instead"]), (&json!("moved"), &json!(new.address())));
    assert_eq!(office.code(&old.address()).await, Code::PrinterMoved);
    assert!(new.asked().is_empty(), "a customer's paper goes where the person said");
    let nowhere = Stranger::answering(|_| http("302 Found", &["Location: javascript:alert(1)"], b"")).await;
    let listed = office.listed(&nowhere.address()).await;
    assert_eq!((&listed["state"], &listed["instead"]), (&json!("moved"), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_printer_that_wants_an_encrypted_line_is_found_there_and_prints() {
    let office = Office::of("客户甲").await;
    let folder = tempfile::tempdir().unwrap();
    let real = Printer::start(folder.path()).await.unwrap();
    // It makes its certificate now; a printer that was asked before has one.
    office.listed(&real.address().replace("ipp:", "ipps:")).await;
    for plain in [http("426 Upgrade Required", &["Upgrade: TLS/1.2,HTTP/1.1"], b""), vec![0x15, 3, 1, 0, 2, 2, 10]] {
        let printer = Stranger::before(real.port(), move |_| plain.clone()).await;
        let listed = office.listed(&printer.address()).await;
        assert_eq!((&listed["state"], &listed["instead"]), (&json!("tls"), &json!(printer.encrypted_address())));
        assert_eq!(office.code(&printer.address()).await, Code::PrinterTls);
        let job = office.print(&printer.encrypted_address()).await;
        office.until(&printer.encrypted_address(), job, "done").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_printer_that_takes_no_pdf_says_so_before_anything_is_sent() {
    let office = Office::of("客户甲").await;
    let folder = tempfile::tempdir().unwrap();
    let real = Printer::start_with(folder.path(), &["-f", "image/pwg-raster,image/urf"]).await.unwrap();
    assert_eq!(office.listed(&real.address()).await["state"], "no_pdf");
    assert_eq!(office.code(&real.address()).await, Code::PrinterNoPdf);
    // One that says it only when the job comes.
    let stranger = Stranger::answering(|request| match request.operation {
        PRINT_JOB => ipp(0x040a, &[]),
        _ => ipp(0, &[vec![4], value(0x23, "printer-state", &[0, 0, 0, 3])].concat()),
    })
    .await;
    assert_eq!(office.listed(&stranger.address()).await["state"], "ready");
    assert_eq!(office.code(&stranger.address()).await, Code::PrinterNoPdf);
    let refusing =
        Stranger::answering(
            |request| if request.operation == PRINT_JOB { ipp(0x0401, &[]) } else { ipp(0, &a_printer()) },
        );
    assert_eq!(office.code(&refusing.await.address()).await, Code::PrinterRefused);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customers_long_chinese_name_prints_on_a_real_printer_and_is_followed_to_its_end() {
    let office = Office::of(&"中铁桥隧工程有限公司".repeat(20)).await;
    let folder = tempfile::tempdir().unwrap();
    let printer = Printer::start(folder.path()).await.unwrap();
    assert_eq!(office.listed(&printer.address()).await["state"], "ready");
    let job = office.print(&printer.address()).await;
    office.until(&printer.address(), job, "done").await;
    assert!(printer.job().await.unwrap().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_a_real_printer_gives_up_does_not_count_as_printed() {
    let office = Office::of("客户甲").await;
    let folder = tempfile::tempdir().unwrap();
    let printer = Printer::start_with(folder.path(), &["-f", "application/pdf", "-c", "/bin/false"]).await.unwrap();
    let job = office.print(&printer.address()).await;
    office.until(&printer.address(), job, "aborted").await;
}
