//! random.
use crate::sspi::{Error, Result, Status};
/// x
/// # Errors
/// x
pub fn fill(o: &mut [u8]) -> Result<()> { getrandom::fill(o).map_err(|_| Error::new(Status::INTERNAL_ERROR, "x")) }
