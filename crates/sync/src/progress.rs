//! How far an exchange is, for people to watch.

/// The steps of an exchange, in their order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Step {
    /// Says who it is and learns where HQ stands.
    #[default]
    Hello,
    /// Hands in what waits. Counted in operations.
    Push,
    /// Takes what is new. Counted in places of the feeds.
    Pull,
    /// Hands in files. Counted in bytes.
    Upload,
    /// Takes files. Counted in bytes.
    Download,
}

/// How far an exchange is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// The step it is in.
    pub step: Step,
    /// What is done of the step, in the step's own measure.
    pub done: u64,
    /// The whole of the step as far as it is known; may grow, since people go on working meanwhile.
    pub total: u64,
    /// Operations HQ has answered so far.
    pub sent: u64,
    /// Records that are new or newer so far.
    pub received: u64,
}
