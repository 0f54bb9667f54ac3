//! doorstep-hq.
