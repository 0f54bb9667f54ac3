//! The states of a visit and the steps between them (M38, M43).

use super::{Appointment, Signing, Visit};
use crate::{
    Code, Refusal,
    bounds::{check_agreed, check_happened},
    record::{REASON_CHARS_MAX, at_most, check_reason, needed},
};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a visit stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// 待预约
    #[default]
    Planned,
    /// 已预约
    Agreed,
    /// 已出发
    OnTheWay,
    /// 已到达
    Arrived,
    /// 服务中
    Working,
    /// Put before the customer.
    Presented,
    /// 已定稿
    Sealed,
    /// 已取消
    Cancelled,
}

impl State {
    /// Every state that this version knows.
    pub const KNOWN: [Self; 8] = [
        Self::Planned,
        Self::Agreed,
        Self::OnTheWay,
        Self::Arrived,
        Self::Working,
        Self::Presented,
        Self::Sealed,
        Self::Cancelled,
    ];
}

/// An appointment that was moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rescheduled {
    /// When it was to be.
    pub from: DateTime<Utc>,
    /// When it is now.
    pub to: DateTime<Utc>,
    /// Why.
    pub reason: String,
}

/// State and times: one field, since they mean something only together.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Progress {
    /// Where the visit stands.
    pub state: State,
    /// When the engineer left for the customer.
    pub departed_at: Option<DateTime<Utc>>,
    /// When they arrived.
    pub arrived_at: Option<DateTime<Utc>>,
    /// When work began.
    pub started_at: Option<DateTime<Utc>>,
    /// When work ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// When it was sealed.
    pub sealed_at: Option<DateTime<Utc>>,
    /// Why it began without an agreed appointment (M38).
    pub no_appointment_reason: String,
    /// Why it was entered afterwards (补录); empty when it was not.
    pub entered_afterwards: String,
    /// Why it was cancelled.
    pub cancelled_reason: String,
    /// Earlier appointments.
    pub rescheduled: Vec<Rescheduled>,
}

/// Appointments that were moved, of one visit.
const RESCHEDULED_MAX: usize = 1_000;

impl Progress {
    /// Checks the lengths of what people gave as reasons.
    ///
    /// # Errors
    /// [`Code::TooLarge`].
    pub(super) fn check_lengths(&self) -> Result<(), Refusal> {
        let moved = self.rescheduled.iter().map(|moved| &moved.reason);
        let reasons = [&self.no_appointment_reason, &self.entered_afterwards, &self.cancelled_reason];
        reasons.into_iter().chain(moved).try_for_each(|reason| at_most(reason, REASON_CHARS_MAX, "progress"))?;
        if self.rescheduled.len() > RESCHEDULED_MAX {
            return Err(Refusal::new(Code::TooLarge, "moved too often").on("progress"));
        }
        Ok(())
    }

    /// Minutes on the way, when both times are known.
    #[must_use]
    pub fn minutes_on_the_way(&self) -> Option<i64> {
        Some((self.arrived_at? - self.departed_at?).num_minutes())
    }

    /// Minutes on site, when both times are known.
    #[must_use]
    pub fn minutes_on_site(&self) -> Option<i64> {
        Some((self.finished_at? - self.arrived_at?).num_minutes())
    }
}

/// A step a person takes with a visit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// The appointment is agreed (M38).
    Agree {
        /// The appointment.
        appointment: Appointment,
    },
    /// The appointment moves.
    Reschedule {
        /// The new appointment.
        appointment: Appointment,
        /// Why.
        reason: String,
    },
    /// The engineer leaves for the customer.
    Depart {
        /// When.
        at: DateTime<Utc>,
        /// Why there is no agreed appointment, if there is none (M38).
        #[serde(default)]
        without_appointment: String,
    },
    /// The engineer is there.
    Arrive {
        /// When.
        at: DateTime<Utc>,
    },
    /// Work begins.
    Begin {
        /// When.
        at: DateTime<Utc>,
    },
    /// The whole visit is entered afterwards (补录); its states are skipped.
    EnterAfterwards {
        /// Why.
        reason: String,
        /// When the engineer left.
        departed_at: DateTime<Utc>,
        /// When they arrived.
        arrived_at: DateTime<Utc>,
        /// When work ended.
        finished_at: DateTime<Utc>,
    },
    /// The text is frozen and put before the customer (M43).
    Present {
        /// When.
        at: DateTime<Utc>,
        /// Hash of the text.
        text_hash: String,
    },
    /// Back to work: what was put before the customer no longer counts.
    Withdraw,
    /// It will not take place.
    Cancel {
        /// Why.
        reason: String,
    },
    /// A sealed visit is corrected: a new revision, the old one stays (更正).
    Amend {
        /// Why.
        reason: String,
    },
}

/// A step without its particulars, for the interface to offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// [`Step::Agree`]
    Agree,
    /// [`Step::Reschedule`]
    Reschedule,
    /// [`Step::Depart`]
    Depart,
    /// [`Step::Arrive`]
    Arrive,
    /// [`Step::Begin`]
    Begin,
    /// [`Step::EnterAfterwards`]
    EnterAfterwards,
    /// [`Step::Present`]
    Present,
    /// The customer signs, or refuses to.
    Sign,
    /// [`Step::Withdraw`]
    Withdraw,
    /// [`Step::Cancel`]
    Cancel,
    /// [`Step::Amend`]
    Amend,
    /// The amendment is given up and the signed revision stands again; nothing was changed since.
    DropAmendment,
}

impl Step {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> StepKind {
        match self {
            Self::Agree { .. } => StepKind::Agree,
            Self::Reschedule { .. } => StepKind::Reschedule,
            Self::Depart { .. } => StepKind::Depart,
            Self::Arrive { .. } => StepKind::Arrive,
            Self::Begin { .. } => StepKind::Begin,
            Self::EnterAfterwards { .. } => StepKind::EnterAfterwards,
            Self::Present { .. } => StepKind::Present,
            Self::Withdraw => StepKind::Withdraw,
            Self::Cancel { .. } => StepKind::Cancel,
            Self::Amend { .. } => StepKind::Amend,
        }
    }
}

/// The steps that may follow, the likeliest first. What was once signed is no longer cancelled: it is amended, or the
/// amendment is dropped.
#[must_use]
pub fn possible(visit: &Visit) -> Vec<StepKind> {
    let mut steps = following(visit.progress.state).to_vec();
    if visit.revision > 1 && visit.progress.state == State::Working {
        steps.retain(|step| *step != StepKind::Cancel);
        steps.push(StepKind::DropAmendment);
    }
    steps
}

fn following(state: State) -> &'static [StepKind] {
    use StepKind as K;
    match state {
        State::Planned => &[K::Agree, K::Depart, K::EnterAfterwards, K::Cancel],
        State::Agreed => &[K::Depart, K::Reschedule, K::EnterAfterwards, K::Cancel],
        State::OnTheWay => &[K::Arrive, K::Reschedule, K::EnterAfterwards, K::Cancel],
        State::Arrived => &[K::Begin, K::EnterAfterwards, K::Cancel],
        State::Working => &[K::Present, K::Cancel],
        State::Presented => &[K::Sign, K::Withdraw],
        State::Sealed => &[K::Amend],
        State::Cancelled => &[],
    }
}

/// The visit after `step`.
///
/// # Errors
/// [`Code::WrongState`] when the step does not follow, [`Code::NoAppointment`] (M38), [`Code::TimeOrder`],
/// or [`Code::Missing`] with the field.
pub fn after(visit: &Visit, step: Step) -> Result<Visit, Refusal> {
    let state = visit.progress.state;
    if !possible(visit).contains(&step.kind()) {
        return Err(Refusal::new(Code::WrongState, format!("{:?} does not follow from {state:?}", step.kind())));
    }
    let mut next = visit.clone();
    let progress = &mut next.progress;
    match step {
        Step::Agree { appointment } => {
            check_appointment(&appointment)?;
            next.appointment = Some(appointment);
            progress.state = State::Agreed;
        }
        Step::Reschedule { appointment, reason } => {
            check_appointment(&appointment)?;
            check_reason(&reason, "reason")?;
            if let Some(old) = &visit.appointment {
                progress.rescheduled.push(Rescheduled { from: old.at, to: appointment.at, reason });
            }
            next.appointment = Some(appointment);
            progress.state = State::Agreed;
            progress.departed_at = None;
        }
        Step::Depart { at, without_appointment } => {
            if visit.appointment.is_none() {
                check_reason(&without_appointment, "without_appointment")
                    .map_err(|r| Refusal { code: Code::NoAppointment, ..r })?;
                progress.no_appointment_reason = without_appointment;
            }
            progress.departed_at = Some(at);
            progress.state = State::OnTheWay;
        }
        Step::Arrive { at } => {
            progress.arrived_at = Some(not_before(at, progress.departed_at, "arrived_at")?);
            progress.state = State::Arrived;
        }
        Step::Begin { at } => {
            progress.started_at = Some(not_before(at, progress.arrived_at, "started_at")?);
            progress.state = State::Working;
        }
        Step::EnterAfterwards { reason, departed_at, arrived_at, finished_at } => {
            check_reason(&reason, "reason")?;
            progress.departed_at = Some(departed_at);
            progress.arrived_at = Some(not_before(arrived_at, Some(departed_at), "arrived_at")?);
            progress.started_at = Some(arrived_at);
            progress.finished_at = Some(not_before(finished_at, Some(arrived_at), "finished_at")?);
            progress.entered_afterwards = reason;
            progress.state = State::Working;
        }
        Step::Present { at, text_hash } => {
            if progress.finished_at.is_none() {
                progress.finished_at = Some(not_before(at, progress.started_at, "finished_at")?);
            }
            next.signing = Some(Signing { presented_at: at, text_hash, outcome: None });
            progress.state = State::Presented;
        }
        Step::Withdraw => back_to_work(&mut next),
        Step::Cancel { reason } => {
            check_reason(&reason, "reason")?;
            progress.cancelled_reason = reason;
            progress.state = State::Cancelled;
        }
        Step::Amend { reason } => {
            check_reason(&reason, "reason")?;
            next.revision = visit.revision.max(1) + 1;
            next.amendment_reason = reason;
            progress.sealed_at = None;
            next.seal = None;
            next.signing = None;
            next.progress.state = State::Working;
        }
    }
    Ok(next)
}

/// Checks the times that a person gives for a step against the present moment: what has happened lies not in the future,
/// an appointment not further ahead than people plan.
///
/// # Errors
/// [`Code::OutOfRange`] or [`Code::NotYet`] with the field.
pub fn check_times(step: &Step, now: DateTime<Utc>) -> Result<(), Refusal> {
    match step {
        Step::Agree { appointment } | Step::Reschedule { appointment, .. } => {
            check_agreed(appointment.at, now, "at")?;
            check_happened(appointment.agreed_at, now, "agreed_at")
        }
        Step::Depart { at, .. } => check_happened(*at, now, "departed_at"),
        Step::Arrive { at } => check_happened(*at, now, "arrived_at"),
        Step::Begin { at } => check_happened(*at, now, "started_at"),
        Step::Present { at, .. } => check_happened(*at, now, "finished_at"),
        Step::EnterAfterwards { departed_at, arrived_at, finished_at, .. } => {
            check_happened(*departed_at, now, "departed_at")?;
            check_happened(*arrived_at, now, "arrived_at")?;
            check_happened(*finished_at, now, "finished_at")
        }
        Step::Withdraw | Step::Cancel { .. } | Step::Amend { .. } => Ok(()),
    }
}

fn back_to_work(visit: &mut Visit) {
    visit.signing = None;
    visit.progress.state = State::Working;
    // A visit entered afterwards or amended keeps the end a person gave it; otherwise work goes on.
    if visit.progress.entered_afterwards.is_empty() && visit.revision <= 1 {
        visit.progress.finished_at = None;
    }
}

fn check_appointment(appointment: &Appointment) -> Result<(), Refusal> {
    needed(&appointment.with, "with")?;
    at_most(&appointment.with, 100, "with")?;
    at_most(&appointment.phone, 60, "phone")
}

fn not_before(at: DateTime<Utc>, earlier: Option<DateTime<Utc>>, field: &str) -> Result<DateTime<Utc>, Refusal> {
    match earlier {
        Some(earlier) if at < earlier => Err(Refusal::new(Code::TimeOrder, "before the step it follows").on(field)),
        _ => Ok(at),
    }
}
