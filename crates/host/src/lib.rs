//! doorstep-host.
