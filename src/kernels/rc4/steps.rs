//! The steps that a key stream takes through a message.
//!
//! A step swaps two cells, one of which is known by nothing but the step before. A processor does not know
//! then whether a later load is of that cell: the load waits, or goes ahead and is done again. So each step
//! loads the cell that the next begins with before it stores its own two, and where it is one of them, the
//! value is put right by selection, not by a branch: the only thing that depends on secrets is which cells
//! are touched, as RC4 has it.
//!
//! What else runs on the core has its share of what can be begun in a cycle, so that the fewest instructions
//! count. Cells are loaded and stored at one width, that no load has to wait for two stores. On x86-64 a
//! step is in assembly: sums of bytes stay in registers that are zero above, where compilers make each
//! index anew.
#![allow(unsafe_code)]

use std::cell::Cell;
#[cfg(any(test, not(all(target_arch = "x86_64", target_pointer_width = "64", not(miri)))))]
use std::hint::select_unpredictable;

/// The stream on its way through a message. All indices are less than 256.
#[derive(Clone, Copy)]
pub(super) struct Rc4Steps<'a> {
    cells: &'a [Cell<u16>; 256],
    /// The `i` of the next step, and of the one that follows it.
    here: usize,
    after: usize,
    /// The `j` of the last step.
    j: usize,
    /// The cell at `here`, as it will be when the next step begins.
    low: u16,
}

impl<'a> Rc4Steps<'a> {
    pub(super) fn begin(cells: &'a [Cell<u16>; 256], i: u8, j: u8) -> Self {
        let here = usize::from(i.wrapping_add(1));
        let after = usize::from(i.wrapping_add(2));
        Self { cells, here, after, j: j.into(), low: cells[here].get() }
    }

    /// Where the stream stands now: `i` and `j`.
    pub(super) fn indices(&self) -> [u8; 2] {
        [byte_of(self.here).wrapping_sub(1), byte_of(self.j)]
    }

    /// The next byte of the stream.
    #[inline(always)]
    #[allow(clippy::inline_always)] // a call for each byte would cost more than the byte
    pub(super) fn byte(&mut self) -> u8 {
        #[cfg(all(target_arch = "x86_64", target_pointer_width = "64", not(miri)))]
        return self.in_assembly();
        #[cfg(not(all(target_arch = "x86_64", target_pointer_width = "64", not(miri))))]
        self.portable()
    }

    #[cfg(all(target_arch = "x86_64", target_pointer_width = "64", not(miri)))]
    #[inline(always)]
    #[allow(clippy::inline_always)] // as above
    fn in_assembly(&mut self) -> u8 {
        let (byte, here, next): (usize, usize, u16);
        // SAFETY: the three indices are less than 256, and so is each cell and what becomes of these by sums
        // of bytes: what is read and written are the 256 cells.
        unsafe {
            std::arch::asm!(
                "movzx {next:e}, word ptr [{cells} + 2*{after}]",
                "add {j:l}, {low:l}",
                "movzx {high:e}, word ptr [{cells} + 2*{j}]",
                "mov word ptr [{cells} + 2*{here}], {high:x}",
                "mov word ptr [{cells} + 2*{j}], {low:x}",
                "add {high:l}, {low:l}",
                "movzx {high:e}, word ptr [{cells} + 2*{high}]",
                "cmp {after:l}, {j:l}",
                "cmove {next:e}, {low:e}",
                "add {here:l}, 2",
                cells = in(reg) self.cells,
                here = inout(reg) self.here => here,
                after = in(reg) self.after,
                j = inout(reg) self.j,
                low = in(reg) self.low,
                next = out(reg) next,
                high = out(reg) byte,
                options(nostack),
            );
        }
        (self.here, self.after, self.low) = (self.after, here, next);
        byte_of(byte)
    }

    #[cfg(any(test, not(all(target_arch = "x86_64", target_pointer_width = "64", not(miri)))))]
    #[inline(always)]
    #[allow(clippy::inline_always)] // as above
    fn portable(&mut self) -> u8 {
        let cell = |index: usize| &self.cells[index & 0xFF];
        let (low, next) = (self.low, cell(self.after).get());
        self.j = (self.j + usize::from(low)) & 0xFF;
        let high = cell(self.j).get();
        cell(self.here).set(high);
        cell(self.j).set(low);
        let byte = cell(usize::from(low) + usize::from(high)).get();
        self.low = select_unpredictable(self.after == self.j, low, next);
        (self.here, self.after) = (self.after, (self.here + 2) & 0xFF);
        byte_of(byte.into())
    }
}

fn byte_of(word: usize) -> u8 {
    word.to_le_bytes()[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_take_a_step_is_the_same() {
        let cells =
            || std::array::from_fn(|n| Cell::new(u8::try_from(n * 7 % 256).unwrap().into()));
        let (one, other): ([Cell<u16>; 256], [Cell<u16>; 256]) = (cells(), cells());
        let mut steps = Rc4Steps::begin(&one, 255, 3);
        let mut portable = Rc4Steps::begin(&other, 255, 3);
        for step in 0..5000 {
            assert_eq!(steps.byte(), portable.portable(), "step {step}");
            assert_eq!(steps.indices(), portable.indices());
        }
        assert_eq!(one, other);
    }
}
