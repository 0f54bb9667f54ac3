//! HQ's folders: who may enter them, and where an HQ is made.

use super::{
    house::{House, clock, config},
    place::Place,
};
use doorstep_hq::{Config, Error, Hq, attachments};
use doorstep_wire::limits::Limits;
use std::{fs, path::Path, process::Command};

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).unwrap().permissions()) & 0o777
}

#[cfg(unix)]
#[tokio::test]
async fn folders_and_keys_that_are_open_to_others_are_closed() {
    let house = House::open().await;
    let (folder, place, database, limits, clock) = house.stop().await;
    let (data, elsewhere, backup) =
        (folder.path().join("hq"), folder.path().join("elsewhere"), folder.path().join("backup"));
    for made in [&elsewhere, &backup] {
        fs::create_dir(made).unwrap();
    }
    for open in [&data, &elsewhere, &backup] {
        set_mode(open, 0o755);
    }
    set_mode(&data.join("recovery.key"), 0o644);
    let attachments = Some(attachments::Place::Folder(elsewhere.clone()));
    let config = Config { database, attachments, ..config(&data, limits, &clock) };
    let house = House::serve_config(folder, place, config, clock).await;
    house.hq.backup(&backup).await.unwrap();
    for closed in [&data, &elsewhere, &backup] {
        assert_eq!(mode(closed), 0o700, "{}", closed.display());
    }
    assert_eq!(mode(&data.join("recovery.key")), 0o600);
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_of_somebody_elses_that_is_open_to_others_is_neither_closed_nor_used() {
    let house = House::open().await;
    let shared = house.folder.path().join("shared");
    fs::create_dir(&shared).unwrap();
    set_mode(&shared, 0o755);
    fs::write(shared.join("holiday.txt"), "not HQ's").unwrap();
    let refusal = house.hq.backup(&shared).await.unwrap_err();
    assert!(matches!(&refusal, Error::Open { .. }) && refusal.to_string().contains("holiday.txt"), "{refusal}");
    let place = Place::fresh().await;
    let other = Config { database: place.database(), ..config(&shared, Limits::default(), &clock()) };
    assert!(matches!(Hq::open(other).await, Err(Error::Open { .. })));
    assert_eq!((mode(&shared), fs::read_dir(&shared).unwrap().count()), (0o755, 1), "nothing was written there");
}

#[tokio::test]
async fn no_command_but_serve_and_restore_makes_an_hq() {
    let (folder, place) = (tempfile::tempdir().unwrap(), Place::fresh().await);
    let wrong = folder.path().join("wrong");
    let backup = folder.path().join("backup");
    let commands: [&[&str]; 6] = [
        &["status"],
        &["account", "list"],
        &["account", "add", "--name", "周芳", "--role", "service-centre"],
        &["enrol", "--branch", "CD", "--engineer", "张伟"],
        &["backup", backup.to_str().unwrap()],
        &["check"],
    ];
    for arguments in commands {
        let mut command = Command::new(env!("CARGO_BIN_EXE_doorstep-hq"));
        command.arg("--data").arg(&wrong).args(arguments).env("LC_ALL", "C");
        if let doorstep_hq::storage::Database::Postgres(address) = place.database() {
            command.env("DOORSTEP_HQ_DATABASE", address);
        }
        let out = command.output().unwrap();
        let words = String::from_utf8_lossy(&out.stderr);
        assert!(!out.status.success() && words.contains("there is no HQ in") && words.contains("--data"), "{words}");
        assert!(!wrong.exists() && !backup.exists(), "{arguments:?} made something");
    }
}
