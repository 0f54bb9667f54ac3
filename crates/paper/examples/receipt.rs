//! Writes sample receipts into the folder given as argument, to be looked at, and says how long one takes.

#[path = "../tests/cases/mod.rs"]
mod cases;

use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use doorstep_paper::receipt::{self, Amendment, ItemState, Photo, Receipt, Signature, Signer};
use doorstep_paper::{Fonts, Language, Paper};

fn main() -> Result<(), Box<dyn Error>> {
    let folder: PathBuf = std::env::args_os().nth(1).ok_or("name a folder to write into")?.into();
    std::fs::create_dir_all(&folder)?;
    for items in [0, 1, 20, 200] {
        write(&folder, &format!("items-{items}"), &cases::receipt(items), Language::Chinese, Paper::A4)?;
    }
    let english = Receipt { clauses: receipt::default_clauses(Language::English)?, ..cases::receipt(20) };
    write(&folder, "english", &english, Language::English, Paper::A4)?;
    write(&folder, "special", &special()?, Language::Chinese, Paper::A4)?;
    write(&folder, "by-hand", &by_hand(), Language::Chinese, Paper::A4)?;
    write(&folder, "a5", &cases::receipt(20), Language::Chinese, Paper::A5)?;
    write(&folder, "roll", &cases::receipt(20), Language::Chinese, Paper::Roll80)?;
    Ok(())
}

/// Refused, amended, reprinted, with photos, rare characters and very long texts.
fn special() -> Result<Receipt, Box<dyn Error>> {
    let mut receipt = cases::receipt(3);
    receipt.amendment =
        Some(Amendment { revision: 2, reason: "完成时间原记为 13:05，应为 14:05。".to_owned() });
    receipt.reprint = true;
    receipt.visit.entered_afterwards = Some("2026年11月24日由李堃补录：现场笔记本电脑没电。".to_owned());
    receipt.questions[0].answer = format!("{}😀 {}", cases::RARE, "对清单逐条核对，不得遗漏；".repeat(20));
    receipt.checklists[0].sections[0].items[1].state = ItemState::Failed;
    receipt.checklists[0].sections[0].items[1].remark = Some("一行接一行的很长的备注。".repeat(180));
    let shot = |caption: &str, width, height| Photo { caption: caption.to_owned(), bytes: cases::photo(width, height) };
    receipt.photos =
        vec![shot("机房配电箱", 1280, 960), shot("加密锁插口", 960, 1280), shot("打印样张（缺右边框）", 1280, 720)];
    receipt.signature = Signature::Refused {
        reason: "客户对报表打印问题未解决有意见，要求解决后再签字。".to_owned(),
        witness: Some("陈䶮（销售）".to_owned()),
        date: Some("2026年11月23日".to_owned()),
    };
    Ok(receipt)
}

fn by_hand() -> Receipt {
    let signer = Signer { name: Some("吉克𠮷".to_owned()), ..Signer::default() };
    Receipt { signature: Signature::ByHand { signer }, content_hash: None, ..cases::receipt(1) }
}

fn write(folder: &Path, name: &str, receipt: &Receipt, language: Language, paper: Paper) -> Result<(), Box<dyn Error>> {
    let fonts = Fonts::embedded()?;
    let cold = Instant::now();
    let bytes = receipt::render(receipt, fonts, language, paper)?;
    let cold = cold.elapsed();
    let warm = Instant::now();
    for _ in 0..10 {
        receipt::render(receipt, fonts, language, paper)?;
    }
    let warm = warm.elapsed() / 10;
    std::fs::write(folder.join(format!("{name}.pdf")), &bytes)?;
    writeln!(std::io::stdout(), "{name:>10}  {:>8} bytes  first {cold:>10.2?}  then {warm:>10.2?}", bytes.len())?;
    Ok(())
}
