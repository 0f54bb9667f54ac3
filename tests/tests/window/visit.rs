//! The main job, whole: from the customer list to the signed, printed receipt, and to a colleague's laptop.

use crate::engineer::{self, PASSPHRASE, list, text};
use anyhow::{Context, Result, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{FixedOffset, Utc};
use doorstep_tests::{
    headquarters::Headquarters,
    home::Home,
    leak, papers,
    printer::Printer,
    samples,
    window::{self, Window, id},
};
use serde_json::json;
use std::path::Path;

const GROUP: &str = "雅江桥隧集团有限公司";
const COMPANY: &str = "雅江桥隧第一工程有限公司";
const OFFICE: &str = "雅叶高速 LJ3 标项目经理部";
const CONTACT: &str = "邓𠮷祥";
/// Characters that fonts and encodings lose first.
const REMARK: &str = "𠮷水段〇号桩，面积 36.5 m²、体积 12 m³，间隙 40 µm";
/// Of the visits' list, not only one's own.
const EVERYONES: &str = "[data-testid=visits-filter] .option:last-child";
const OPINION: &str = "来得及时，讲得清楚";

/// The day it is in China.
#[expect(clippy::disallowed_methods, reason = "the window under test reads the machine's clock, and so must its test")]
fn today() -> Result<String> {
    let zone = FixedOffset::east_opt(8 * 3600).context("eight hours")?;
    Ok(Utc::now().with_timezone(&zone).date_naive().to_string())
}

fn customer_list(path: &Path) -> Result<()> {
    let heading = ["集团", "公司", "项目部", "联系人", "联系人手机", "职务", "产品", "版本", "加密锁号", "维护期至"];
    let row = [
        GROUP,
        COMPANY,
        OFFICE,
        CONTACT,
        "13900001111",
        "合同部 部长",
        "路衡公路造价",
        "11.0",
        "LH-2025-00077",
        "2027-06-30",
    ];
    samples::workbook(path, &[&heading, &row])
}

/// A failed item with a remark and a photo, and a problem from symptom to guidance.
async fn work(window: &Window, visit: &str, photo: &Path) -> Result<()> {
    let fault = engineer::checklist(window, visit, "fault").await?;
    engineer::choose(window, &fault, "area", "dongle").await?;
    engineer::choose(window, &fault, "dongle_seen", "no").await?;
    let item = format!("{} [data-testid=item-dongle_seen]", engineer::within(&fault)?);
    window.fill(&format!("{item} [data-testid=remark-dongle_seen]"), REMARK).await?;
    window.choose_file(&format!("{item} [data-testid=photo-input]"), photo).await?;
    window.scroll_to(&format!("{item} [data-testid=photo]")).await?;
    window.see(&format!("{item} [data-testid=photo] img")).await?;
    engineer::answer_what_is_asked(window, visit).await?;
    window.click(&id("add-problem")).await?;
    let problem = [
        ("symptom", "插入加密锁后提示“未检测到授权”"),
        ("cause", "新电脑缺少驱动"),
        ("explanation", "已向邓部长说明：加密锁正常"),
        ("action", "安装驱动 4.12 并重启"),
        ("guidance", "演示了查看驱动状态的方法"),
    ];
    for (field, words) in problem {
        window.fill(&id(&format!("problem-{field}")), words).await?;
    }
    window.click(&id("problem-solved-solved")).await?;
    window.until("a visit without gaps", "return document.querySelector('[data-testid=blocker]') === null").await?;
    Ok(())
}

/// What a laptop shows of a sealed visit: its hash and number, the receipt and the photo byte for byte.
async fn shown(window: &Window, visit: &str) -> Result<[String; 4]> {
    window.go(&format!("visits/{visit}")).await?;
    let hash = window.attribute(&id("seal-hash"), "data-hash").await?;
    window.see(&id("seal-valid")).await?;
    let file = window.call("visit_get", json!({ "id": visit })).await?;
    let photo = list(&file["attachments"])?.iter().find(|one| one["attachment"]["role"] == "photo");
    let photo = photo.context("the visit has no photo")?;
    let loaded = "const all = [...document.querySelectorAll('[data-testid=attachment] img, [data-testid=photo] img')];\
                  return all.length > 0 && all.every((one) => one.complete && one.naturalWidth > 0)";
    window.scroll_to(&id("attachment")).await?;
    window.until("the photo on screen", loaded).await?;
    let opened = window.call("attachment_open", json!({ "id": photo["id"], "pixels_max": null })).await?;
    let photo = window.download(&text(&opened["download"])?).await?;
    window.click(&id("open-receipt")).await?;
    window.until_attribute(&id("receipt"), "data-hash", &hash).await?;
    let number = window.attribute(&id("receipt"), "data-number").await?;
    Ok([hash, number, photo, receipt(window, visit).await?])
}

/// The receipt's bytes, in base64.
async fn receipt(window: &Window, visit: &str) -> Result<String> {
    let args = json!({ "visit": visit, "revision": null, "language": "zh", "reprint": false });
    let opened = window.call("receipt_open", args).await?;
    window.download(&text(&opened["download"])?).await
}

/// The printed file is the receipt, and other people's tools read every character of it.
async fn check_the_paper(job: &Path, receipt: &str, number: &str) -> Result<()> {
    ensure!(STANDARD.encode(std::fs::read(job)?) == receipt, "what was printed is not the receipt");
    papers::check(job).await?;
    let read: String = papers::text(job).await?.split_whitespace().collect();
    let words =
        [number, COMPANY, OFFICE, CONTACT, REMARK, "LH-2025-00077", "新电脑缺少驱动", "路衡造价软件股份有限公司"];
    for word in words {
        let word: String = word.split_whitespace().collect();
        ensure!(read.contains(&word), "{word} is not on the paper: {read}");
    }
    ensure!(!read.contains(OPINION), "what the customer thinks is on the paper");
    Ok(())
}

/// No file of a laptop holds a customer's name in the clear, except those that the person asked for.
fn check_no_name_lies_open(home: &Home) -> Result<()> {
    let control = home.path().join("data/scratch/control");
    std::fs::write(&control, encoding_rs::GBK.encode(COMPANY).0)?;
    let look = || leak::look(home.path(), &[home.documents()], &[GROUP, COMPANY, OFFICE, CONTACT, REMARK]);
    let found = look()?;
    ensure!(found.leaks.iter().all(|leak| leak.file == control), "names in the clear: {:?}", found.leaks);
    ensure!(found.leaks.len() == 1, "the control file is not found");
    ensure!(home.path().join("data/doorstep.db").exists() && found.files > 10, "{} files", found.files);
    std::fs::remove_file(control)?;
    ensure!(look()?.leaks.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_visit_goes_from_the_customer_list_to_the_signed_receipt_and_to_a_colleague() -> Result<()> {
    window::display()?;
    let folder = tempfile::tempdir()?;
    let hq = Headquarters::start(folder.path()).await?;
    let printer = Printer::start(folder.path()).await?;
    let (names, photo) = (folder.path().join("客户名单.xlsx"), folder.path().join("现场.jpg"));
    customer_list(&names)?;
    std::fs::write(&photo, samples::photo(1600, 1200)?)?;

    let home = Home::new()?;
    let window = engineer::laptop(&hq, &home, "CD", "张伟").await?;
    ensure!(engineer::import(&window, &names).await? == "3", "group, company and project office");
    let visit = engineer::plan(&window, OFFICE, "新电脑提示未检测到授权", &today()?).await?;
    engineer::agree(&window).await?;
    engineer::go_there_and_begin(&window).await?;
    work(&window, &visit, &photo).await?;
    let number = engineer::have_it_signed(&window, 4, OPINION).await?;
    window.click(&id("done-receipt")).await?;
    window.until_attribute(&id("receipt"), "data-number", &number).await?;
    engineer::print(&window, &printer.address()).await?;
    check_the_paper(&printer.job().await?, &receipt(&window, &visit).await?, &number).await?;
    check_no_name_lies_open(&home)?;
    engineer::sync(&window).await?;
    let own = shown(&window, &visit).await?;
    check_no_name_lies_open(&home)?;
    window.kill().await?;
    check_no_name_lies_open(&home)?;

    check_colleague(&hq, &visit, &own).await?;
    check_other_branch(&hq).await?;
    let heard = hq.opinions().await?;
    ensure!(heard[0]["opinion"] == json!({ "grade": 4, "words": OPINION }), "HQ heard {heard:?}");
    check_after_the_kill(&home, &visit, &number).await
}

async fn check_colleague(hq: &Headquarters, visit: &str, own: &[String; 4]) -> Result<()> {
    let home = Home::new()?;
    let window = engineer::laptop(hq, &home, "CD", "李娜").await?;
    window.click(&id("nav-visits")).await?;
    window.click(EVERYONES).await?;
    window.read(&id("visit-line"), OFFICE).await?;
    let theirs = shown(&window, visit).await?;
    ensure!(theirs[..2] == own[..2], "hash and number differ: {:?}, {:?}", &theirs[..2], &own[..2]);
    ensure!(theirs[2] == own[2], "the photo differs");
    ensure!(theirs[3] == own[3], "the receipt differs");
    check_no_name_lies_open(&home)?;
    window.close().await
}

async fn check_other_branch(hq: &Headquarters) -> Result<()> {
    let home = Home::new()?;
    let window = engineer::laptop(hq, &home, "NJ", "王芳").await?;
    window.click(&id("nav-visits")).await?;
    window.click(EVERYONES).await?;
    window.see(&id("empty-state")).await?;
    window.click(&id("nav-customers")).await?;
    window.see(&id("import-button")).await?;
    let all = json!({ "query": "", "filter": "all", "customer_id": null, "offset": 0, "limit": 10 });
    let visits = window.call("visit_list", all).await?;
    let all = json!({ "query": "", "levels": [], "validity": "any", "parent_id": null, "offset": 0, "limit": 10 });
    let customers = window.call("customer_list", all).await?;
    ensure!(visits["total"] == 0 && customers["total"] == 0, "another branch sees {visits} and {customers}");
    window.close().await
}

/// A laptop whose window was killed opens again with everything in it.
async fn check_after_the_kill(home: &Home, visit: &str, number: &str) -> Result<()> {
    let window = Window::open(home, "after-the-kill", None).await?;
    window.until_attribute(&id("gate"), "data-phase", "locked").await?;
    window.fill(&id("passphrase"), PASSPHRASE).await?;
    window.click(&id("unlock")).await?;
    window.see(&id("page-today")).await?;
    window.go(&format!("visits/{visit}")).await?;
    window.read(&id("seal-number"), number).await?;
    window.see(&id("seal-valid")).await?;
    window.close().await
}
