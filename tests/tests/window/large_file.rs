//! A large file is attached piece by piece: it says how far it is, can be stopped, and arrives as it was.

use crate::{engineer, pictures::attachments};
use anyhow::{Result, ensure};
use doorstep_tests::{
    headquarters::Headquarters,
    home::Home,
    window::{self, id},
};
use std::fs::{self, File};

const MEGABYTE: usize = 1024 * 1024;

#[tokio::test]
async fn a_large_file_is_attached_in_pieces_and_one_that_is_stopped_leaves_nothing() -> Result<()> {
    window::display()?;
    let folder = tempfile::tempdir()?;
    let hq = Headquarters::start(folder.path()).await?;
    let home = Home::new()?;
    let window = engineer::laptop(&hq, &home, "CD", "张伟").await?;
    let visit = engineer::planned(&window, "fault", "数据文件").await?;
    window.go(&format!("visits/{visit}")).await?;
    window.see(&id("visit-workspace")).await?;

    let (endless, backup) = (folder.path().join("整盘.img"), folder.path().join("备份.rar"));
    File::create(&endless)?.set_len(1024 * MEGABYTE as u64)?;
    window.choose_file(&id("visit-file-input"), &endless).await?;
    window.click(&id("attachment-stop")).await?;
    window.until("the tile to go", "return !document.querySelector('[data-testid=attachment-stop]')").await?;

    // Three pieces, none like another.
    let bytes: Vec<u8> = (0..20 * MEGABYTE + 13).map(|n| (n % 251) as u8 ^ (n / MEGABYTE) as u8).collect();
    fs::write(&backup, &bytes)?;
    window.choose_file(&id("visit-file-input"), &backup).await?;
    let attached = attachments(&window, &visit, 1).await?;
    ensure!(attached[0]["name"] == "备份.rar" && attached[0]["bytes"] == bytes.len(), "{attached:?}");
    ensure!(attached[0]["hash"] == blake3::hash(&bytes).to_hex().as_str(), "it is not as it was: {attached:?}");
    window.close().await
}
