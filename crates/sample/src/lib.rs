//! doorstep-sample.
