//! doorstep-sync.
