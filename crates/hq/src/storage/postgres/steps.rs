//! Changes that are a step of their own: enrolment, switching off, accounts, the audit trail.

use super::{Postgres, rows, sql};
use crate::storage::{
    Account, Device, Enrolment, Newcomer, Redeemed, Sighting, Standing, StorageError, columns::incarnation,
};
use chrono::{DateTime, Utc};
use sqlx::{
    Row,
    postgres::{PgConnection, PgRow},
};
use uuid::Uuid;

impl Postgres {
    pub(super) async fn write_address(&self, address: &str, key_fingerprint: [u8; 32]) -> Result<(), StorageError> {
        sqlx::query(sql::SERVE_AT).bind(address).bind(key_fingerprint.as_slice()).execute(&self.pool).await?;
        Ok(())
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
        let mut tx = self.pool.begin().await?;
        let found = sqlx::query(sql::ENROLMENT).bind(secret_hash.as_slice()).fetch_optional(&mut *tx).await?;
        let Some(row) = found else { return Ok(Redeemed::Unknown) };
        if row.try_get::<Option<i64>, _>("used_at_ms")?.is_some() {
            return Ok(Redeemed::Used);
        }
        if row.try_get::<i64, _>("expires_at_ms")? <= now.timestamp_millis() {
            return Ok(Redeemed::Expired);
        }
        let device = Device {
            number: 0,
            id: newcomer.id,
            name: newcomer.name.clone(),
            public_key: newcomer.public_key.clone(),
            branch_id: rows::id(&row, "branch_id")?,
            engineer_id: rows::id(&row, "engineer_id")?,
            incarnation: 0,
            seen_at: None,
            revoked_at: None,
            wrapped_store_key: None,
        };
        let number = insert_device(&mut tx, &device, newcomer, now).await?;
        sqlx::query(sql::ENROLMENT_USED)
            .bind(secret_hash.as_slice())
            .bind(now.timestamp_millis())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(Redeemed::Enrolled(Box::new(Device { number, ..device })))
    }

    pub(super) async fn write_sighting(&self, sighting: &Sighting) -> Result<Standing, StorageError> {
        let row = sqlx::query(sql::SIGHTED)
            .bind(sighting.number)
            .bind(i64::from(sighting.incarnation))
            .bind(&sighting.app_version)
            .bind(sighting.clock_off_ms)
            .bind(sighting.at.timestamp_millis())
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

    pub(super) async fn write_account(&self, account: &Account) -> Result<bool, StorageError> {
        let id: Uuid = account.id.parse().map_err(|_| StorageError::Damaged("id of an account".to_owned()))?;
        let done = sqlx::query(sql::ADD_ACCOUNT)
            .bind(id)
            .bind(&account.name)
            .bind(&account.role)
            .bind(account.branch_id.map(|branch| branch.0.0))
            .bind(&account.password_hash)
            .bind(account.created_at.timestamp_millis())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    pub(super) async fn write_audit(&self, at: DateTime<Utc>, action: &str, subject: &str) -> Result<(), StorageError> {
        sqlx::query(sql::AUDIT).bind(at.timestamp_millis()).bind(action).bind(subject).execute(&self.pool).await?;
        Ok(())
    }
}

async fn insert_device(
    connection: &mut PgConnection,
    device: &Device,
    newcomer: &Newcomer,
    now: DateTime<Utc>,
) -> Result<i64, StorageError> {
    let row = sqlx::query(sql::ENROL)
        .bind(device.id.0.0)
        .bind(&device.name)
        .bind(&device.public_key)
        .bind(newcomer.token_hash.as_slice())
        .bind(device.branch_id.0.0)
        .bind(device.engineer_id.0.0)
        .bind(&newcomer.app_version)
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
