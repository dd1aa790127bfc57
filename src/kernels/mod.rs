//! The inner loops that the time goes into, each with one small safe interface, chosen at run time
//! by what the processor can do. Each does what a prescribed crate does, which is its oracle in
//! tests and the portable path where there is no kernel.

pub mod md5;
