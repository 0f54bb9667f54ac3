//! Where attachments are kept, as HQ's keeper names it.

use super::{AttachmentError, Attachments};
use object_store::{aws::AmazonS3Builder, local::LocalFileSystem, path::Path as ObjectPath};
use std::{
    fs,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
};

/// A place for attachments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A folder; made where there is none.
    Folder(PathBuf),
    /// S3-compatible storage. Address, region and credentials come from the usual variables of the environment
    /// (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL`, …).
    S3 {
        /// The bucket, which is there already.
        bucket: String,
        /// What names begin with; empty for nothing.
        prefix: String,
    },
}

impl FromStr for Place {
    type Err = AttachmentError;

    fn from_str(text: &str) -> Result<Self, AttachmentError> {
        let Some(rest) = text.strip_prefix("s3://") else {
            if text.is_empty() || text.contains("://") {
                return Err(AttachmentError::Place(text.to_owned()));
            }
            return Ok(Self::Folder(PathBuf::from(text)));
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(AttachmentError::Place(text.to_owned()));
        }
        Ok(Self::S3 { bucket: bucket.to_owned(), prefix: prefix.trim_matches('/').to_owned() })
    }
}

impl Place {
    /// Opens it. What is written to a folder is synced before it counts.
    ///
    /// # Errors
    /// [`AttachmentError::Io`] when the folder cannot be made, [`AttachmentError::Store`] when a setting is wrong.
    pub fn open(&self) -> Result<Attachments, AttachmentError> {
        match self {
            Self::Folder(root) => folder(root),
            Self::S3 { bucket, prefix } => {
                let store = AmazonS3Builder::from_env().with_bucket_name(bucket).build()?;
                let prefix = ObjectPath::parse(prefix).map_err(|e| AttachmentError::Store(e.into()))?;
                Ok(Attachments::over(Arc::new(store), prefix))
            }
        }
    }
}

fn folder(root: &Path) -> Result<Attachments, AttachmentError> {
    fs::create_dir_all(root)?;
    let store = LocalFileSystem::new_with_prefix(root)?.with_fsync(true).with_automatic_cleanup(true);
    Ok(Attachments::over(Arc::new(store), ObjectPath::default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_folder_or_a_bucket_and_nothing_else() {
        assert_eq!("/srv/files".parse::<Place>().unwrap(), Place::Folder("/srv/files".into()));
        let bucket = |prefix: &str| Place::S3 { bucket: "files".into(), prefix: prefix.into() };
        assert_eq!("s3://files".parse::<Place>().unwrap(), bucket(""));
        assert_eq!("s3://files/hq/one/".parse::<Place>().unwrap(), bucket("hq/one"));
        for wrong in ["", "s3://", "s3:///prefix", "https://files.example"] {
            assert!(matches!(wrong.parse::<Place>(), Err(AttachmentError::Place(_))), "{wrong}");
        }
    }
}
