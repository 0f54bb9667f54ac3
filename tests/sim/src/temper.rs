//! What kind of run a seed makes: how many laptops, how bad the lines, whose clock is off. Most runs have few kinds of
//! trouble, so that each kind also comes alone.

use crate::chance::Chance;

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It goes through.
    Pass,
    /// It is lost on its way to HQ.
    LostBefore,
    /// HQ did what it says; the answer is lost.
    LostAfter,
    /// It comes twice.
    Doubled,
    /// It is lost, and comes at another time.
    Late,
    /// It goes through, and comes again at another time.
    Again,
    /// A part of it comes to HQ.
    CutBefore,
    /// A part of the answer comes back.
    CutAfter,
    /// Somebody else answers.
    Stranger,
    /// A byte of a file changes on its way.
    Garbled,
    /// The laptop loses power while it waits.
    LaptopDies,
    /// The laptop loses power when HQ has done what it asked.
    LaptopDiesAfter,
    /// HQ loses power before it hears it.
    HqDies,
    /// HQ loses power when it has done it.
    HqDiesAfter,
}

/// What happens between requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Somebody works on a laptop.
    Work,
    /// A laptop begins an exchange.
    Begin,
    /// A request goes on.
    Deliver,
    /// A late request comes.
    LateComes,
    /// Somebody works at HQ.
    HqWork,
    /// A laptop loses power.
    PowerCut,
    /// A laptop's disk fails.
    Snag,
    /// A laptop's disk fills up.
    Fill,
    /// HQ's disk fails.
    HqSnag,
    /// HQ's disk fills up.
    HqFill,
    /// Disks work again.
    Repair,
    /// Time passes.
    Pause,
    /// Somebody copies a laptop's folder.
    Copy,
    /// Somebody puts a copy of a laptop's folder back in its place.
    Restore,
    /// Somebody runs a copy of a laptop's folder on a second machine.
    Clone,
    /// A laptop that HQ does not take for itself any more is enrolled anew.
    Enrol,
    /// A laptop asks for what is not its own.
    Pry,
    /// HQ makes a backup.
    Backup,
    /// HQ is restored from its backup.
    RestoreHq,
}

/// What somebody does on a laptop.
#[derive(Debug, Clone, Copy)]
pub enum Job {
    /// A new customer.
    Customer,
    /// A field of a customer, or several.
    Edit,
    /// A field cleared.
    Clear,
    /// A customer deleted.
    Delete,
    /// A new visit.
    Visit,
    /// Something that belongs to a visit.
    Child,
    /// A field of a visit.
    EditVisit,
    /// A picture, with its bytes.
    Photo,
    /// A visit signed and sealed.
    Seal,
    /// A record of a kind that only a newer version knows.
    Newer,
    /// A field that only a newer version knows.
    NewerField,
    /// A change that HQ must not take.
    Forbidden,
    /// A field set to what it says.
    Again,
    /// A conflict settled.
    Settle,
}

/// Jobs, each as often as people do it.
const JOBS: [(usize, Job); 14] = [
    (3, Job::Customer),
    (10, Job::Edit),
    (1, Job::Clear),
    (1, Job::Delete),
    (2, Job::Visit),
    (4, Job::Child),
    (3, Job::EditVisit),
    (2, Job::Photo),
    (1, Job::Seal),
    (1, Job::Newer),
    (1, Job::NewerField),
    (1, Job::Forbidden),
    (1, Job::Again),
    (3, Job::Settle),
];

/// A run's temper.
#[derive(Debug, Clone)]
pub struct Temper {
    /// How many laptops.
    pub laptops: usize,
    /// How many days each clock is off.
    pub clocks_off_days: Vec<i64>,
    /// How many things happen.
    pub steps: usize,
    /// What becomes of requests.
    pub fates: Vec<(usize, Fate)>,
    /// What happens between them.
    pub acts: Vec<(usize, Act)>,
    /// What people do.
    pub jobs: Vec<(usize, Job)>,
    /// How many records there are to quarrel about: few make many conflicts.
    pub records: usize,
    /// Whether messages carry what only a newer version knows.
    pub newer: bool,
    /// Of a thousand pieces of files, how many come with a byte changed.
    pub garbles: usize,
    /// Whether HQ is lost in the end with a day's work that had reached it.
    pub loses_a_day: bool,
}

const TROUBLES: [Fate; 12] = [
    Fate::LostBefore,
    Fate::LostAfter,
    Fate::Doubled,
    Fate::Late,
    Fate::Again,
    Fate::CutBefore,
    Fate::CutAfter,
    Fate::Stranger,
    Fate::LaptopDies,
    Fate::LaptopDiesAfter,
    Fate::HqDies,
    Fate::HqDiesAfter,
];

impl Temper {
    /// Draws one. What came to it later is drawn from a chance of its own, so that seeds stay the runs they were.
    #[must_use]
    pub fn draw(chance: &Chance, later: &Chance) -> Self {
        let laptops = 2 + chance.below(3);
        let off = |_| [0, 0, 365, -365].get(chance.below(4)).copied().unwrap_or(0);
        let mut fates = vec![(10, Fate::Pass)];
        for trouble in TROUBLES {
            // Restarts cost more time than a lost message, and show as much.
            let dear = matches!(trouble, Fate::LaptopDies | Fate::LaptopDiesAfter | Fate::HqDies | Fate::HqDiesAfter);
            if chance.happens(300) {
                fates.push((1 + chance.below(if dear { 1 } else { 3 }), trouble));
            }
        }
        let mut acts = vec![(8, Act::Work), (4, Act::Begin), (24, Act::Deliver), (2, Act::LateComes), (1, Act::Pause)];
        acts.push((1, Act::Pry));
        for (permille, weight, act) in
            [(400, 1, Act::HqWork), (150, 1, Act::PowerCut), (250, 1, Act::Snag), (150, 1, Act::HqSnag)]
        {
            if chance.happens(permille) {
                acts.push((weight, act));
            }
        }
        if chance.happens(250) {
            acts.extend([(2, Act::Copy), (1, Act::Restore)]);
        }
        if chance.happens(120) {
            acts.extend([(2, Act::Copy), (1, Act::Clone), (2, Act::Enrol)]);
        }
        if chance.happens(150) {
            acts.extend([(1, Act::Backup), (1, Act::RestoreHq), (1, Act::HqWork), (2, Act::Enrol)]);
        }
        acts.push((2, Act::Repair));
        let loses_a_day = acts.iter().any(|(_, act)| *act == Act::RestoreHq) && later.happens(300);
        if later.happens(250) {
            acts.push((1, Act::Fill));
        }
        if later.happens(400) {
            acts.push((3, Act::HqFill));
        }
        Self {
            laptops,
            clocks_off_days: (0..laptops).map(off).collect(),
            steps: 100 + chance.below(120),
            fates,
            acts,
            // Some work is done much more in one run than in another, so that each kind also piles up.
            jobs: JOBS.map(|(weight, job)| (weight * [1, 1, 1, 5].get(chance.below(4)).unwrap_or(&1), job)).into(),
            records: 2 + chance.below(8),
            newer: chance.happens(300),
            garbles: if chance.happens(300) { 500 } else { 0 },
            loses_a_day,
        }
    }
}
