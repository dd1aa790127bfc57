//! handle (placeholder).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::sspi::{Error, Result, Status};

/// Placeholder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handle {
    /// Placeholder.
    pub lower: usize,
    /// Placeholder.
    pub upper: usize,
}

/// Placeholder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Placeholder.
    Credential,
    /// Placeholder.
    Context,
}

struct Slots<T> {
    next: usize,
    objects: BTreeMap<usize, Arc<T>>,
}

/// Placeholder.
pub struct Table<T> {
    kind: Kind,
    slots: Mutex<Slots<T>>,
}

impl<T: Send + Sync> Table<T> {
    /// Placeholder.
    #[must_use]
    pub const fn new(kind: Kind) -> Self {
        Self { kind, slots: Mutex::new(Slots { next: 1, objects: BTreeMap::new() }) }
    }

    fn tag(&self) -> usize {
        match self.kind {
            Kind::Credential => 0x5EC0_0001,
            Kind::Context => 0x5EC0_0002,
        }
    }

    /// Placeholder.
    ///
    /// # Errors
    /// Placeholder.
    pub fn insert(&self, object: Arc<T>) -> Result<Handle> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let lower = slots.next;
        slots.next += 1;
        slots.objects.insert(lower, object);
        Ok(Handle { lower, upper: self.tag() })
    }

    /// Placeholder.
    ///
    /// # Errors
    /// Placeholder.
    pub fn get(&self, handle: Handle) -> Result<Arc<T>> {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        match slots.objects.get(&handle.lower) {
            Some(object) if handle.upper == self.tag() => Ok(Arc::clone(object)),
            _ => Err(Error::new(Status::INVALID_HANDLE, "handle: unknown")),
        }
    }

    /// Placeholder.
    ///
    /// # Errors
    /// Placeholder.
    pub fn remove(&self, handle: Handle) -> Result<Arc<T>> {
        self.get(handle)?;
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots
            .objects
            .remove(&handle.lower)
            .ok_or_else(|| Error::new(Status::INVALID_HANDLE, "handle: unknown"))
    }

    /// Placeholder.
    pub fn live(&self) -> usize {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).objects.len()
    }
}
