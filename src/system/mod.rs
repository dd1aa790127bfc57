//! The edge to the operating system.
#![allow(unsafe_code)]

pub mod fork;
