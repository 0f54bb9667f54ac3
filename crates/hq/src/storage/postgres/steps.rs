//! Changes that are a step of their own: enrolment, sightings, switching off.

use super::{Postgres, rows, sql};
use crate::storage::{
    Device, Enrolment, Newcomer, NextAddress, NextKey, Redeemed, Restore, Sighting, Standing, StorageError,
    columns::{self, incarnation},
};
use chrono::{DateTime, Utc};
use doorstep_wire::floor;
use sqlx::{
    Row,
    postgres::{PgConnection, PgRow},
};

impl Postgres {
    pub(super) async fn write_address(&self, address: &str, key_fingerprint: [u8; 32]) -> Result<(), StorageError> {
        sqlx::query(sql::SERVE_AT).bind(address).bind(key_fingerprint.as_slice()).execute(&self.pool).await?;
        Ok(())
    }

    pub(super) async fn write_next_key(&self, next: Option<NextKey>) -> Result<(), StorageError> {
        sqlx::query(sql::ANNOUNCE_KEY)
            .bind(next.as_ref().map(|key| key.fingerprint.as_slice()))
            .bind(next.as_ref().map(|key| key.announced_at.timestamp_millis()))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    pub(super) async fn write_next_address(&self, next: Option<NextAddress>) -> Result<(), StorageError> {
        sqlx::query(sql::ANNOUNCE_ADDRESS)
            .bind(next.as_ref().map(|next| next.address.as_str()))
            .bind(next.as_ref().map(|next| next.announced_at.timestamp_millis()))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    pub(super) async fn write_epoch(&self, restore: Restore) -> Result<(), StorageError> {
        let mut tx = self.alone().await?;
        let mut restores = self.read_site().await?.restores;
        restores.push(restore);
        let floor = columns::kept(floor(restore.epoch));
        sqlx::query(sql::BEGIN_EPOCH)
            .bind(columns::kept(restore.epoch))
            .bind(columns::text(&restores, "restores")?)
            .execute(&mut *tx)
            .await?;
        sqlx::query(sql::LIFT_VERSION).bind(floor).execute(&mut *tx).await?;
        sqlx::query(sql::LIFT_FEEDS).bind(floor).execute(&mut *tx).await?;
        sqlx::query(sql::END_LOGINS).execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    pub(super) async fn write_enrolment(&self, enrolment: &Enrolment) -> Result<(), StorageError> {
        sqlx::query(sql::ISSUE)
            .bind(enrolment.secret_hash.as_slice())
            .bind(enrolment.branch_id.0.0)
            .bind(enrolment.engineer_id.0.0)
            .bind(enrolment.expires_at.timestamp_millis())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    pub(super) async fn use_enrolment(
        &self,
        secret_hash: [u8; 32],
        newcomer: &Newcomer,
        now: DateTime<Utc>,
    ) -> Result<Redeemed, StorageError> {
        let mut tx = self.begun("BEGIN").await?;
        let found = sqlx::query(sql::ENROLMENT).bind(secret_hash.as_slice()).fetch_optional(&mut *tx).await?;
        let Some(row) = found else { return Ok(Redeemed::Unknown) };
        let used = row.try_get::<Option<i64>, _>("used_at_ms")?.is_some();
        if row.try_get::<i64, _>("expires_at_ms")? <= now.timestamp_millis() {
            return Ok(if used { Redeemed::Used } else { Redeemed::Expired });
        }
        if used {
            // The key itself is no secret: every seal carries it.
            let again = if newcomer.proved { renew_token(&mut tx, secret_hash, newcomer).await? } else { None };
            tx.commit().await?;
            return Ok(again.map_or(Redeemed::Used, |device| Redeemed::Enrolled(Box::new(device))));
        }
        let device = Device {
            number: 0,
            id: newcomer.id,
            name: newcomer.name.clone(),
            public_key: newcomer.public_key.clone(),
            branch_id: rows::id(&row, "branch_id")?,
            engineer_id: rows::id(&row, "engineer_id")?,
            app_version: newcomer.app_version.clone(),
            incarnation: 0,
            last_seq: 0,
            clock_off_ms: None,
            enrolled_at: now,
            seen_at: None,
            revoked_at: None,
            wrapped_store_key: None,
            wipe: None,
        };
        let number = insert_device(&mut tx, &device, newcomer, now).await?;
        sqlx::query(sql::ENROLMENT_USED)
            .bind(secret_hash.as_slice())
            .bind(now.timestamp_millis())
            .bind(number)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(Redeemed::Enrolled(Box::new(Device { number, ..device })))
    }

    pub(super) async fn write_sighting(&self, sighting: &Sighting) -> Result<Standing, StorageError> {
        let row = sqlx::query(sql::SIGHTED)
            .bind(sighting.number)
            .bind(i64::from(sighting.incarnation))
            .bind(plain(&sighting.app_version))
            .bind(sighting.clock_off_ms)
            .bind(sighting.at.timestamp_millis())
            .bind(columns::kept(sighting.last_seq))
            .fetch_one(&self.pool)
            .await?;
        read_standing(&row)
    }

    pub(super) async fn write_revocation(&self, number: i64, at: DateTime<Utc>) -> Result<(), StorageError> {
        sqlx::query(sql::REVOKE).bind(number).bind(at.timestamp_millis()).execute(&self.pool).await?;
        Ok(())
    }

    pub(super) async fn write_store_key(&self, number: i64, wrapped: &str) -> Result<(), StorageError> {
        sqlx::query(sql::KEEP_STORE_KEY).bind(number).bind(wrapped).execute(&self.pool).await?;
        Ok(())
    }
}

/// The laptop that used a code and shows it again, because the answer was lost: it is the one with the same key. Its
/// token is a new one, since HQ keeps no token that it could say again.
async fn renew_token(
    connection: &mut PgConnection,
    secret_hash: [u8; 32],
    newcomer: &Newcomer,
) -> Result<Option<Device>, StorageError> {
    let row = sqlx::query(sql::ENROLLED_BY)
        .bind(secret_hash.as_slice())
        .bind(&newcomer.public_key)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(device) = row.as_ref().map(rows::device).transpose()? else { return Ok(None) };
    sqlx::query(sql::RENEW_TOKEN).bind(device.number).bind(newcomer.token_hash.as_slice()).execute(connection).await?;
    Ok(Some(device))
}

/// What a laptop says of itself, without NUL: PostgreSQL keeps none in a text.
fn plain(text: &str) -> String {
    text.replace('\0', "")
}

async fn insert_device(
    connection: &mut PgConnection,
    device: &Device,
    newcomer: &Newcomer,
    now: DateTime<Utc>,
) -> Result<i64, StorageError> {
    let row = sqlx::query(sql::ENROL)
        .bind(device.id.0.0)
        .bind(plain(&device.name))
        .bind(&device.public_key)
        .bind(newcomer.token_hash.as_slice())
        .bind(device.branch_id.0.0)
        .bind(device.engineer_id.0.0)
        .bind(plain(&newcomer.app_version))
        .bind(now.timestamp_millis())
        .fetch_one(connection)
        .await?;
    Ok(row.try_get("number")?)
}

/// How far a device's operations came, read inside the transaction of `connection`.
pub(super) async fn standing(
    connection: &mut PgConnection,
    device: i64,
    incarnation: u32,
) -> Result<Standing, StorageError> {
    let row = sqlx::query(sql::STANDING).bind(device).bind(i64::from(incarnation)).fetch_one(connection).await?;
    read_standing(&row)
}

fn read_standing(row: &PgRow) -> Result<Standing, StorageError> {
    Ok(Standing { incarnation: incarnation(row.try_get("incarnation")?), acked_seq: rows::count(row, "acked_seq")? })
}
