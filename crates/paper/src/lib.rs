//! doorstep-paper.
