//! The C types of `<sspi.h>`, by their Windows names, with their sizes and offsets checked for both
//! word sizes. cbindgen makes the header's structures of them.

pub mod credential_function_types;
pub mod function_tables;
pub mod function_types;
pub mod identity;
pub mod types;
