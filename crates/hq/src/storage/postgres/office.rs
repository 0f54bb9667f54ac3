//! What people at HQ ask of the database.

use super::{Postgres, rows, sql};
use crate::storage::{
    Account, Deed, Office, OpenAsk, OpenCount, OpenPlace, Step, StorageError, StoredRecord, WipeStep,
};
use chrono::{DateTime, TimeDelta, Utc};
use doorstep_domain::Kind;
use sqlx::Row;
use uuid::Uuid;

impl Office for Postgres {
    fn add_account<'a>(&'a self, account: &'a Account) -> Step<'a, bool> {
        Box::pin(async move {
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
        })
    }

    fn account<'a>(&'a self, name: &'a str) -> Step<'a, Option<Account>> {
        Box::pin(async move {
            let row = sqlx::query(sql::ACCOUNT).bind(name).fetch_optional(&self.pool).await?;
            row.as_ref().map(rows::account).transpose()
        })
    }

    fn accounts(&self) -> Step<'_, Vec<Account>> {
        Box::pin(
            async move { sqlx::query(sql::ACCOUNTS).fetch_all(&self.pool).await?.iter().map(rows::account).collect() },
        )
    }

    fn close_account<'a>(&'a self, name: &'a str, at: DateTime<Utc>) -> Step<'a, bool> {
        Box::pin(async move {
            let mut tx = self.begun("BEGIN").await?;
            let done = sqlx::query(sql::CLOSE_ACCOUNT).bind(name).bind(at.timestamp_millis()).execute(&mut *tx).await?;
            sqlx::query(sql::END_LOGINS_OF).bind(name).execute(&mut *tx).await?;
            tx.commit().await?;
            Ok(done.rows_affected() == 1)
        })
    }

    fn log_in<'a>(
        &'a self,
        token_hash: [u8; 32],
        name: &'a str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Step<'a, ()> {
        Box::pin(async move {
            let mut tx = self.begun("BEGIN").await?;
            sqlx::query(sql::END_OLD_LOGINS).bind(now.timestamp_millis()).execute(&mut *tx).await?;
            let login = sqlx::query(sql::LOG_IN).bind(token_hash.as_slice()).bind(name);
            login.bind(until.timestamp_millis()).execute(&mut *tx).await?;
            Ok(tx.commit().await?)
        })
    }

    fn logged_in(&self, token_hash: [u8; 32], now: DateTime<Utc>) -> Step<'_, Option<Account>> {
        Box::pin(async move {
            let query = sqlx::query(sql::LOGGED_IN).bind(token_hash.as_slice()).bind(now.timestamp_millis());
            query.fetch_optional(&self.pool).await?.as_ref().map(rows::account).transpose()
        })
    }

    fn log_out(&self, token_hash: [u8; 32]) -> Step<'_, ()> {
        Box::pin(async move {
            sqlx::query(sql::LOG_OUT).bind(token_hash.as_slice()).execute(&self.pool).await?;
            Ok(())
        })
    }

    fn audit<'a>(
        &'a self,
        at: DateTime<Utc>,
        account: Option<&'a str>,
        action: &'a str,
        subject: &'a str,
    ) -> Step<'a, ()> {
        Box::pin(async move {
            let deed = sqlx::query(sql::AUDIT).bind(at.timestamp_millis()).bind(account).bind(action);
            deed.bind(subject).execute(&self.pool).await?;
            Ok(())
        })
    }

    fn audited(&self, before: i64, count_max: u32) -> Step<'_, Vec<Deed>> {
        Box::pin(async move {
            let query = sqlx::query(sql::AUDITED).bind(before).bind(i64::from(count_max));
            query.fetch_all(&self.pool).await?.iter().map(rows::deed).collect()
        })
    }

    fn wipe<'a>(&'a self, number: i64, step: WipeStep<'a>, at: DateTime<Utc>) -> Step<'a, bool> {
        Box::pin(async move {
            let at = at.timestamp_millis();
            let query = match step {
                WipeStep::Ask { by, reason } => sqlx::query(sql::WIPE_ASK).bind(number).bind(at).bind(by).bind(reason),
                WipeStep::Confirm { by } => sqlx::query(sql::WIPE_CONFIRM).bind(number).bind(at).bind(by),
                WipeStep::Withdraw => sqlx::query(sql::WIPE_WITHDRAW).bind(number),
                WipeStep::Told => sqlx::query(sql::WIPE_TOLD).bind(number).bind(at),
            };
            Ok(query.execute(&self.pool).await?.rows_affected() == 1)
        })
    }

    fn acked(&self) -> Step<'_, Vec<(i64, u64)>> {
        Box::pin(async move {
            let rows = sqlx::query(sql::ACKED).fetch_all(&self.pool).await?;
            rows.iter().map(|row| Ok((row.try_get("number")?, rows::count(row, "acked_seq")?))).collect()
        })
    }

    fn open<'a>(&'a self, ask: &'a OpenAsk<'a>) -> Step<'a, Vec<(OpenPlace, StoredRecord)>> {
        Box::pin(async move {
            let query = match ask.whose {
                Some(whose) => sqlx::query(sql::OPEN_OF).bind(ask.kind.as_str()).bind(whose.to_string()),
                None => sqlx::query(sql::OPEN_ALL).bind(ask.kind.as_str()),
            };
            let query = query.bind(ask.after.since_ms).bind(ask.after.id.0).bind(i64::from(ask.count_max));
            query.fetch_all(&self.pool).await?.iter().map(rows::open).collect()
        })
    }

    fn open_counts<'a>(&'a self, kind: &'a Kind, now: DateTime<Utc>) -> Step<'a, Vec<OpenCount>> {
        Box::pin(async move {
            let before = |age: TimeDelta| (now - age).timestamp_millis();
            let query = sqlx::query(sql::OPEN_COUNTS).bind(kind.as_str());
            let query = query.bind(before(TimeDelta::days(1))).bind(before(TimeDelta::days(7)));
            query.fetch_all(&self.pool).await?.iter().map(rows::open_count).collect()
        })
    }
}
