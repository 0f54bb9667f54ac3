//! The states of a visit (M38–M43).
#![cfg(test)]

use chrono::{DateTime, Duration, TimeZone, Utc};
use doorstep_domain::{
    Code,
    visit::{Appointment, Means, Progress, State, Step, StepKind, Visit, after, possible},
};

fn at(minute: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 2, 1, 0, 0).unwrap() + Duration::minutes(minute)
}

fn appointment() -> Appointment {
    Appointment {
        with: "周建国".into(),
        contact_id: None,
        phone: String::new(),
        at: at(60),
        means: Means::Phone,
        agreed_at: at(0),
    }
}

fn walk(steps: Vec<Step>) -> Visit {
    steps.into_iter().fold(Visit::default(), |visit, step| after(&visit, step).unwrap())
}

fn working() -> Visit {
    walk(vec![
        Step::Agree { appointment: appointment() },
        Step::Depart { at: at(10), without_appointment: String::new() },
        Step::Arrive { at: at(44) },
        Step::Begin { at: at(50) },
    ])
}

#[test]
fn a_visit_passes_through_its_states_and_counts_its_minutes() {
    let visit = after(&working(), Step::Present { at: at(110), text_hash: "h".into() }).unwrap();
    assert_eq!(visit.progress.state, State::Presented);
    assert_eq!(visit.progress.minutes_on_the_way(), Some(34));
    assert_eq!(visit.progress.minutes_on_site(), Some(66));
}

#[test]
fn m38_a_visit_without_an_appointment_starts_only_with_a_reason() {
    let depart = |reason: &str| Step::Depart { at: at(0), without_appointment: reason.into() };
    assert_eq!(after(&Visit::default(), depart(" ")).unwrap_err().code, Code::NoAppointment);
    let visit = after(&Visit::default(), depart("客户来电,系统停用")).unwrap();
    assert_eq!(visit.progress.no_appointment_reason, "客户来电,系统停用");
}

#[test]
fn every_step_that_is_not_offered_is_refused_in_every_state() {
    let all = [
        State::Planned,
        State::Agreed,
        State::OnTheWay,
        State::Arrived,
        State::Working,
        State::Presented,
        State::Sealed,
        State::Cancelled,
    ];
    let steps = [
        Step::Agree { appointment: appointment() },
        Step::Reschedule { appointment: appointment(), reason: "改期".into() },
        Step::Depart { at: at(200), without_appointment: "急".into() },
        Step::Arrive { at: at(200) },
        Step::Begin { at: at(200) },
        Step::EnterAfterwards { reason: "断电".into(), departed_at: at(1), arrived_at: at(2), finished_at: at(3) },
        Step::Present { at: at(200), text_hash: "h".into() },
        Step::Withdraw,
        Step::Cancel { reason: "客户取消".into() },
        Step::Amend { reason: "时间写错".into() },
    ];
    for state in all {
        for step in &steps {
            let mut visit = working();
            visit.progress.state = state;
            let offered = possible(&visit).contains(&step.kind());
            match after(&visit, step.clone()) {
                Ok(_) => assert!(offered, "{:?} went through in {state:?}", step.kind()),
                Err(refusal) => {
                    assert!(!offered && refusal.code == Code::WrongState, "{:?} in {state:?}: {refusal}", step.kind())
                }
            }
        }
    }
}

#[test]
fn a_time_before_the_step_it_follows_is_refused() {
    let visit = walk(vec![Step::Depart { at: at(30), without_appointment: "急".into() }]);
    let refusal = after(&visit, Step::Arrive { at: at(29) }).unwrap_err();
    assert_eq!((refusal.code, refusal.field.as_deref()), (Code::TimeOrder, Some("arrived_at")));
}

#[test]
fn what_lay_before_the_customer_no_longer_counts_once_withdrawn() {
    let presented = after(&working(), Step::Present { at: at(110), text_hash: "h".into() }).unwrap();
    let visit = after(&presented, Step::Withdraw).unwrap();
    assert_eq!((visit.progress.state, visit.signing, visit.progress.finished_at), (State::Working, None, None));
}

#[test]
fn a_visit_entered_afterwards_says_so_and_keeps_the_end_it_was_given() {
    let step = Step::EnterAfterwards {
        reason: "现场无电".into(),
        departed_at: at(0),
        arrived_at: at(20),
        finished_at: at(90),
    };
    let visit = after(&Visit::default(), step).unwrap();
    let visit = after(&visit, Step::Present { at: at(5000), text_hash: "h".into() }).unwrap();
    assert_eq!(visit.progress.entered_afterwards, "现场无电");
    assert_eq!(visit.progress.finished_at, Some(at(90)));
}

#[test]
fn an_amendment_is_a_new_revision_with_its_reason_and_has_to_be_signed_again() {
    let mut sealed = working();
    sealed.progress.state = State::Sealed;
    sealed.revision = 1;
    assert_eq!(after(&sealed, Step::Amend { reason: "  ".into() }).unwrap_err().code, Code::Missing);
    let amended = after(&sealed, Step::Amend { reason: "版本号写错".into() }).unwrap();
    assert!(!possible(&amended).contains(&StepKind::Cancel), "what was signed is no longer cancelled");
    assert!(possible(&amended).contains(&StepKind::DropAmendment));
    assert_eq!((amended.revision, amended.progress.state, amended.signing), (2, State::Working, None));
}

#[test]
fn a_moved_appointment_keeps_the_earlier_one_with_the_reason() {
    let agreed = walk(vec![Step::Agree { appointment: appointment() }]);
    let later = Appointment { at: at(600), ..appointment() };
    let moved = after(&agreed, Step::Reschedule { appointment: later, reason: "客户开会".into() }).unwrap();
    assert_eq!(moved.progress.rescheduled.len(), 1);
    assert_eq!((moved.progress.rescheduled[0].from, moved.progress.rescheduled[0].to), (at(60), at(600)));
    let sealed = Visit { progress: Progress { state: State::Sealed, ..Progress::default() }, ..Visit::default() };
    assert!(possible(&sealed).contains(&StepKind::Amend));
}
