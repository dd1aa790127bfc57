//! The exported functions, one file for each family, with what the A and W forms of one share.

pub mod attributes;
pub mod context;
pub mod credentials;
pub mod function_table;
pub mod identity;
pub mod impersonation;
pub mod memory;
pub mod message;
pub mod packages;
pub mod password;
pub mod sasl;
pub mod transfer;
